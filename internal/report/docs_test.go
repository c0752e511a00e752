package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// example is the failure that the page explains the JSON form with.
func example() *fault.Error { return failures()["stored.stale"] }

// errorsDoc is docs/ERRORS.md.
func errorsDoc(t *testing.T) []byte {
	t.Helper()
	introduction, err := os.ReadFile("testdata/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var line, doc bytes.Buffer
	writeJSON(&line, example(), noon)
	fields := strings.ReplaceAll(strings.TrimSpace(line.String()), `,"`, ",\n  \"")
	fields = "{\n  " + strings.Trim(fields, "{}") + "\n}"
	_, _ = strings.NewReplacer(
		"{contents}", contents(), "{failure}", strings.ReplaceAll(fields, `":`, `": `), "{detail}", example().Detail,
		"{license}", strconv.Itoa(fault.ExitLicense), "{internal}", strconv.Itoa(fault.ExitInternal),
		"{config}", strconv.Itoa(fault.ExitConfig), "{not found}", strconv.Itoa(fault.ExitNotFound),
		"{not executable}", strconv.Itoa(fault.ExitNotExecutable),
	).WriteString(&doc, string(introduction))
	for _, kind := range fault.Kinds() {
		fmt.Fprintf(&doc, "\n## %s\n", kind.Name)
		for _, row := range kind.Rows {
			rowDoc(&doc, row)
		}
	}
	return doc.Bytes()
}

// contents are all IDs, by kind.
func contents() string {
	var list strings.Builder
	for _, kind := range fault.Kinds() {
		fmt.Fprintf(&list, "- %s\n", kind.Name)
		for _, row := range kind.Rows {
			fmt.Fprintf(&list, "  - %s: %s\n", link(row.ID), markdown(row.Title))
		}
	}
	return list.String()
}

// rowDoc is one failure's part of the page.
func rowDoc(w io.Writer, row fault.Row) {
	retry := "no"
	if row.Retry {
		retry = "yes"
	}
	fmt.Fprintf(w, "\n### `%s`\n\n- **Exit code:** %d\n", row.ID, row.Exit)
	if row.Exit != fault.ExitNone {
		fmt.Fprintf(w, "- **Can retrying unchanged help?** %s\n", retry)
	}
	fmt.Fprintf(w, "- **Reason:** %s\n", markdown(row.Reason))
	if row.Remedy != "" {
		fmt.Fprintf(w, "- **Remedy:** %s\n", markdown(strings.ReplaceAll(row.Remedy, " {fix}", noFix)))
	}
	usually := func(text string) string { return markdown(fillIn(fault.New(row.ID, ""), text, noFix)) }
	fmt.Fprintf(w, "\n%s\n\n**How we know:** %s\n\n**What to do:**\n\n", usually(row.Meaning), usually(row.Known))
	for _, fix := range row.Fixes {
		where := ""
		if fix.Where != "" {
			where = "**" + string(fix.Where) + ":** "
		}
		fmt.Fprintf(w, "- %s%s\n", where, usually(fix.Do))
	}
	var finer []string
	for _, row := range row.MoreSpecific() {
		finer = append(finer, link(row.ID))
	}
	if len(finer) > 0 {
		fmt.Fprintf(w, "\n**More specific failures:** %s\n", strings.Join(finer, ", "))
	}
}

// link leads to a failure's heading.
func link(id fault.ID) string { return fmt.Sprintf("[`%s`](#%s)", id, anchor(string(id))) }

// anchor is what GitHub makes of a heading: letters, digits, "-" and "_".
func anchor(heading string) string {
	kept := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(kept, " ", "-")
}

// markdown shows placeholders as words in italics, and variables as code. What
// is code already stays as it is.
func markdown(text string) string {
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		plain := strings.NewReplacer("{", "*", "}", "*").Replace(parts[i])
		parts[i] = regexp.MustCompile(`(-e )?[A-Z]+_[A-Z_]+(=[^ ]*[a-z0-9])?`).ReplaceAllString(plain, "`$0`")
	}
	return strings.Join(parts, "`")
}

func TestTheDocumentationIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	golden(t, filepath.Join("..", "..", "docs", "ERRORS.md"), errorsDoc(t))
}

func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	t.Parallel()
	doc := string(errorsDoc(t))
	headings := map[string]int{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(doc, -1) {
		headings[anchor(heading[1])]++
	}
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(doc, -1)
	if len(links) < len(fault.Table()) {
		t.Errorf("%d links for %d failures", len(links), len(fault.Table()))
	}
	for _, link := range links {
		if headings[link[1]] != 1 {
			t.Errorf("#%s leads to %d headings", link[1], headings[link[1]])
		}
	}
}
