package report

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

const errorsIntroduction = `# Failures

When a container does not start, it says why on standard error, and its exit code tells the kind of failure.
This page lists everything that it can say. It is generated from the table in ` + "`internal/fault/table.go`" + `:
change that, then run ` + "`go test ./internal/report -update`" + `.

## Exit codes

| Code | Meaning |
| --- | --- |
| %d | There is no usable licence, whatever the cause. |
| %d | The configuration makes no sense: a variable has a value that cannot be used. |
| %d | The command to run exists, but cannot be executed. |
| %d | The command to run was not found. |
| 128 + n | Signal n ended the start or the command, for example 143 after ` + "`docker stop`" + `. |
| any other | The command did run, and this is its own exit code. |

The code says nothing about whether a second try can help; the failure itself does, see below.

## What is printed

A failure begins with the line ` + "`Localstack returning with exit code N. Reason: `" + `. With code %d a banner follows, and
the failure is in its line that begins with ` + "`Reason:`" + `. With any other code the reason alone follows.
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
| ` + "`id`" + ` | The failure, as in the headings below. IDs do not change once they are released. |
| ` + "`stored`" + ` | Why no stored licence could be used instead, also an ID. Absent when there was none. |
| ` + "`exit_code`" + ` | The exit code. |
| ` + "`retry`" + ` | Whether starting again without any change can help. |
| ` + "`reason`" + ` | All that the banner would say, the remedy included. |
| ` + "`remedy`" + ` | What to do about it. Absent when the reason says it. |
| ` + "`detail`, `server`, `host`" + ` | The facts that the sentences below are filled with. |

## How to read the list

Words in *italics* stand for the facts of the case:

- *detail* is what was seen, such as "%s";
- *server* is the base URL of the licensing server, as in ` + "`API_ENDPOINT`" + `;
- *host* is the name that could not be reached.

The failures that begin with ` + "`stored.`" + `, and ` + "`clock.skew`" + `, come second: the licensing server could not be
reached, and this is why the stored licence could not stand in for it. The first failure decides about ` + "`retry`" + `.

## The list
`

// example is the failure that the page explains the JSON form with.
func example() *fault.Error { return failures()["stored.stale"] }

// errorsDoc is docs/ERRORS.md.
func errorsDoc() []byte {
	var line, doc bytes.Buffer
	JSON(&line, example(), noon)
	fields := strings.ReplaceAll(strings.TrimSpace(line.String()), `,"`, ",\n  \"")
	fields = "{\n  " + strings.Trim(fields, "{}") + "\n}"
	fmt.Fprintf(&doc, errorsIntroduction, fault.ExitLicense, fault.ExitConfig, fault.ExitNotExecutable, fault.ExitNotFound,
		fault.ExitLicense, fault.ExitLicense, strings.ReplaceAll(fields, `":`, `": `), example().Detail)
	for _, row := range fault.Table {
		retry := "no"
		if row.Retry {
			retry = "yes"
		}
		fmt.Fprintf(&doc, "\n### `%s`\n\n- **Exit code:** %d\n- **Can trying again help?** %s\n- **Reason:** %s\n",
			row.ID, row.Exit, retry, markdown(row.Reason))
		if row.Remedy != "" {
			fmt.Fprintf(&doc, "- **Remedy:** %s\n", markdown(row.Remedy))
		}
	}
	return doc.Bytes()
}

// markdown shows placeholders as words in italics, and variables as code.
func markdown(text string) string {
	text = strings.NewReplacer("{", "*", "}", "*").Replace(text)
	return regexp.MustCompile(`[A-Z]+_[A-Z_]+`).ReplaceAllString(text, "`$0`")
}

func TestTheDocumentationIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	golden(t, filepath.Join("..", "..", "docs", "ERRORS.md"), errorsDoc())
}
