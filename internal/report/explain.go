package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
)

// columns is the width of a page, that of the narrowest terminal in use.
const columns = 80

// Explain writes all that the table says of a failure, for people at a terminal. The case is one that
// nobody has met: its facts are those of this container, and its detail is a word in capitals.
func Explain(w io.Writer, failed *fault.Error) {
	row := Filled(failed)
	fmt.Fprintf(w, "%s: %s\n", row.ID, row.Title)
	section(w, "Exit code", exit(row))
	section(w, "Reason", row.Reason)
	section(w, "Remedy", row.Remedy)
	section(w, "What it means", row.Meaning)
	section(w, "How we know", row.Known)
	here, elsewhere := row.FixesOn(failed.Platforms)
	title := "What to do"
	if len(failed.Platforms) > 0 {
		title += " here (" + platformNames(failed) + ")"
	}
	steps(w, title, failed, here)
	steps(w, "On other platforms", failed, elsewhere)
	if finer := row.MoreSpecific(); len(finer) > 0 {
		fmt.Fprintf(w, "\nMore specific failures\n")
		List(w, finer)
	}
	section(w, "See for yourself", doctor)
}

// Filled is the row of a failure with the facts of the case in its texts.
func Filled(failed *fault.Error) fault.Row {
	row := failed.Row()
	for _, text := range []*string{&row.Reason, &row.Remedy, &row.Meaning, &row.Known} {
		*text = fillIn(failed, *text, noFix)
	}
	row.Fixes = slices.Clone(row.Fixes)
	for i := range row.Fixes {
		row.Fixes[i].Do = fillIn(failed, row.Fixes[i].Do, noFix)
	}
	return row
}

func platformNames(failed *fault.Error) string {
	var names []string
	for _, platform := range failed.Platforms {
		names = append(names, string(platform))
	}
	return strings.Join(names, ", ")
}

func steps(w io.Writer, title string, failed *fault.Error, fixes []fault.Fix) {
	for i, fix := range fixes {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", title)
		}
		Wrap(w, "  - ", "    ", step(failed, fix))
	}
}

// doctor is how to see which failure it is, and what it rests on.
const doctor = "The doctor looks at everything that a start depends on, in a new container with the same options: " +
	"`docker run --rm IMAGE doctor`."

// Index writes a line for every row of the table, by kind.
func Index(w io.Writer) {
	for i, kind := range fault.Kinds() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, kind.Name)
		List(w, kind.Rows)
	}
}

// List writes a line for each row.
func List(w io.Writer, rows []fault.Row) {
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row.ID))
	}
	for _, row := range rows {
		fmt.Fprintf(w, "  %-*s  %s\n", widest, row.ID, row.Title)
	}
}

// exit says what becomes of the container, and whether to try again.
func exit(row fault.Row) string {
	switch {
	case row.Exit == fault.ExitNone:
		return "None: this is only a warning; it does not stop a start."
	case row.Retry:
		return fmt.Sprintf("%d. Retrying unchanged can help.", row.Exit)
	}
	return fmt.Sprintf("%d. Retrying unchanged does not help.", row.Exit)
}

func section(w io.Writer, title, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	Wrap(w, "  ", "  ", text)
}

// Wrap writes text in lines that begin with first, and then with rest. It
// keeps code together, so that it can be copied from one line.
func Wrap(w io.Writer, first, rest, text string) {
	line, isEmpty := first, true
	for _, word := range words(text) {
		if !isEmpty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			fmt.Fprintln(w, line)
			line, isEmpty = rest, true
		}
		if !isEmpty {
			line += " "
		}
		line += word
		isEmpty = false
	}
	fmt.Fprintln(w, line)
}

// words are the parts of text between blanks, those within backticks aside. A
// backtick without its twin is a character as any other.
func words(text string) []string {
	isCode, hasCode := false, strings.Count(text, "`")%2 == 0
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '`' && hasCode {
			isCode = !isCode
		}
		return r == ' ' && !isCode
	})
}
