package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

const errorsIntroduction = `# Failures

When a container does not start, it says why on standard error, and its exit code tells the kind of failure.
This page lists everything that it can say, what it means, how the program knows, and what to do. A container can
show it, too: ` + "`entrypoint explain ID`" + `, in Docker ` + "`docker run --rm IMAGE explain ID`" + `; without an ID, all of them.
Which of them a start would meet now, and why, says the doctor, in a new container with the same options:
` + "`docker run --rm IMAGE doctor`" + `.

The page is generated from ` + "`internal/fault/failures.md`" + `: change that, then run ` + "`go test ./internal/report -update`" + `.

## Contents

%s
## Exit codes

| Code | Meaning |
| --- | --- |
| %d | There is no usable license, whatever the cause. |
| %d | The configuration is invalid: a variable has a value that cannot be used. |
| %d | The command to run exists, but cannot be executed. |
| %d | The command to run was not found. |
| 128 + n | Signal n ended the start or the command, for example 143 after ` + "`docker stop`" + `. |
| any other | The command did run, and this is its own exit code. |

The code says nothing about whether a second try can help; the failure itself does, see below.

What has exit code 0 in the list only warns: no start ends because of it. ` + "`entrypoint doctor`" + ` shows such things.

## What is printed

A failure begins with the line ` + "`Localstack returning with exit code N. Reason: `" + `. With code %d a banner follows, and
the failure is in its line that begins with ` + "`Reason:`" + `. With any other code the reason alone follows.
When the licensing server has refused three starts in a row or more, one line that begins with ` + "`License activation failed: `" + ` stands
for the banner: it has the failure, how often and since when. Such a start also waits before it asks again, up to a minute.
` + "`LOG_LICENSE_ISSUES=0`" + ` hides the failures of code %d; the exit code stays the same.

Credentials are never printed. What is shown of an Auth Token is its beginning, as in
` + "`ls-demo0000-****-****-****-************`" + `.

## For programs: the JSON form

With ` + "`LOG_FORMAT=json`" + ` a failure is one line of JSON instead, and so is every line of the log.
A failure is the line that has an ` + "`exit_code`" + `. Here is one, broken into several lines for this page:

` + "```json" + `
%s
` + "```" + `

| Field | Meaning |
| --- | --- |
| ` + "`time`, `level`" + ` | When it happened, in UTC; the level is always ` + "`error`" + `. |
| ` + "`id`" + ` | The failure, as in the headings below and for ` + "`entrypoint explain`" + `. IDs do not change once they are released. |
| ` + "`stored`" + ` | Why no stored license could be used instead, also an ID. Absent when there was none. |
| ` + "`exit_code`" + ` | The exit code. |
| ` + "`retry`" + ` | Whether starting again without any change can help. |
| ` + "`reason`" + ` | All that the banner would say, the remedy included, and where to read more. |
| ` + "`remedy`" + ` | What to do about it. Absent when the reason says it. |
| ` + "`detail`, `server`, `host`" + ` | The facts that the sentences below are filled with. |
| ` + "`checks`" + ` | What was looked at to explain a failure of the network, in order. Absent when nothing was. |
| ` + "`refused_times`, `refused_since`" + ` | How often in a row the licensing server has refused this, and since when, in UTC. Absent for other failures. |

Each of the ` + "`checks`" + ` has a ` + "`name`" + ` such as ` + "`names`" + ` or ` + "`tls`" + `, a ` + "`state`" + ` (` + "`passed`, `failed`, `warned` or `skipped`" + `), a ` + "`fact`" + `
in a line, the lines of ` + "`evidence`" + ` that it rests on, and ` + "`took_ms`" + `. One that failed or warned has the
` + "`id`, `reason` and `remedy`" + ` of what it found as well.

## How to read the list

Words in *italics* stand for the facts of the case:

- *detail* is what was seen, such as "%s";
- *server* is the base URL of the licensing server, as in ` + "`API_ENDPOINT`" + `;
- *host* is the name that could not be reached.

Addresses and names in commands, such as ` + "`10.0.0.53`" + ` and ` + "`proxy.example.com`" + `, are examples.
What is in one line for Compose or Kubernetes belongs into the service, or into the container or pod; in YAML it
may have several lines as well. What has no place before it holds everywhere.

The failures that begin with ` + "`stored.`" + ` come second, and so may ` + "`clock.skew`" + `: the licensing server could not be
reached, and this is why the stored license could not stand in for it. The first failure decides about ` + "`retry`" + `.
`

// example is the failure that the page explains the JSON form with.
func example() *fault.Error { return failures()["stored.stale"] }

// errorsDoc is docs/ERRORS.md.
func errorsDoc() []byte {
	var line, doc bytes.Buffer
	writeJSON(&line, example(), noon)
	fields := strings.ReplaceAll(strings.TrimSpace(line.String()), `,"`, ",\n  \"")
	fields = "{\n  " + strings.Trim(fields, "{}") + "\n}"
	fmt.Fprintf(&doc, errorsIntroduction, contents(), fault.ExitLicense, fault.ExitConfig, fault.ExitNotExecutable, fault.ExitNotFound,
		fault.ExitLicense, fault.ExitLicense, strings.ReplaceAll(fields, `":`, `": `), example().Detail)
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
		fmt.Fprintf(w, "- **Can trying again help?** %s\n", retry)
	}
	fmt.Fprintf(w, "- **Reason:** %s\n", markdown(row.Reason))
	if row.Remedy != "" {
		fmt.Fprintf(w, "- **Remedy:** %s\n", markdown(row.Remedy))
	}
	fmt.Fprintf(w, "\n%s\n\n**How we know:** %s\n\n**What to do:**\n\n", markdown(row.Meaning), markdown(row.Known))
	for _, fix := range row.Fixes {
		where := ""
		if fix.Where != "" {
			where = "**" + fix.Where + ":** "
		}
		fmt.Fprintf(w, "- %s%s\n", where, markdown(fix.Do))
	}
	var finer []string
	for _, row := range row.Finer() {
		finer = append(finer, link(row.ID))
	}
	if len(finer) > 0 {
		fmt.Fprintf(w, "\n**More exactly, it can be:** %s\n", strings.Join(finer, ", "))
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
	golden(t, filepath.Join("..", "..", "docs", "ERRORS.md"), errorsDoc())
}

func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	t.Parallel()
	doc := string(errorsDoc())
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
