package fault

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// table is every failure there is, in prose. It is read a section at a time when a failure has happened;
// a start that works never looks into it.
//
//go:embed failures.md
var table string

// shared is the heading of the texts that several sections refer to.
const shared = "\n# Texts that several failures share\n"

// parse reads a section without its heading's mark.
func parse(section string) (row Row, err error) {
	paragraphs := strings.Split(strings.TrimSpace(fillIn(section)), "\n\n")
	id, title, _ := strings.Cut(paragraphs[0], ": ")
	row = Row{ID: ID(id), Title: title}
	if len(paragraphs) == 1 {
		return row, fmt.Errorf("%s: no properties", id)
	}
	for property := range strings.SplitSeq(paragraphs[1], ", ") {
		if !row.set(property) {
			return row, fmt.Errorf("%s: unknown property %q", id, property)
		}
	}
	texts := map[string]*string{"Reason": &row.Reason, "Remedy": &row.Remedy, "Meaning": &row.Meaning, "Known": &row.Known}
	for _, paragraph := range paragraphs[2:] {
		if list, isList := strings.CutPrefix(paragraph, "- "); isList {
			row.Fixes = parseFixes(list)
			continue
		}
		label, words, _ := strings.Cut(paragraph, ": ")
		text, known := texts[label]
		if !known || *text != "" {
			return row, fmt.Errorf("%s: unexpected paragraph %q", id, label)
		}
		*text = unwrap(words)
	}
	return row, nil
}

// fillIn puts the shared texts that a section refers to in their places.
func fillIn(section string) string {
	texts := strings.TrimSpace(table[strings.LastIndex(table, shared):])
	var filled strings.Builder
	for {
		before, rest, found := strings.Cut(section, "{")
		filled.WriteString(before)
		if !found {
			return filled.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		_, text, isShared := strings.Cut(texts, "\n\n{"+name+"}: ")
		if !isShared { // a fact, or code
			text, after = "{", rest
		}
		text, _, _ = strings.Cut(text, "\n\n")
		filled.WriteString(text)
		section = after
	}
}

// set takes a property of the second paragraph. It reports whether it is one.
func (r *Row) set(property string) (known bool) {
	flags := map[string]*bool{"coarse": &r.Coarse, "retry": &r.Retry, "more": &r.More}
	if flag, isFlag := flags[property]; isFlag {
		*flag = true
		return true
	}
	switch name, value, _ := strings.Cut(property, " "); name {
	case "exit":
		code, err := strconv.Atoi(value)
		r.Exit = code
		return err == nil
	case "stage":
		r.Stage, known = stageNamed(value)
		return known
	}
	return property == "warns" // it has ExitNone
}

func parseFixes(list string) (fixes []Fix) {
	for item := range strings.SplitSeq(list, "\n- ") {
		where, do, _ := strings.Cut(unwrap(item), ": ")
		if !slices.Contains(places(), Place(where)) {
			where, do = "", unwrap(item)
		}
		fixes = append(fixes, Fix{Place(where), do})
	}
	return fixes
}

// unwrap is a paragraph in one line.
func unwrap(paragraph string) string { return strings.Join(strings.Fields(paragraph), " ") }
