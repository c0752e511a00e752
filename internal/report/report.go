// Package report is the one place that prints: log lines, and the failure of a
// start as a banner or as JSON. Everything passes through a filter that hides
// the credential, whatever a message was made of.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"localstack-entrypoint/internal/fault"
)

// announcement begins every failure; clients of the image look for it.
const announcement = "Localstack returning with exit code %d. Reason: "

// maxReason bounds a reason, in bytes, against servers that say too much.
const maxReason = 4000

const rule = "==============================================="

const banner = rule + `
License activation failed! 🔑❌

Reason: %s

Due to this error, Localstack has quit. LocalStack for AWS features can only be used with a valid license.

- Please check that your credentials are set up correctly and that you have an active license.
  You can find your credentials in our webapp at https://app.localstack.cloud.
- If you want to continue using LocalStack without pro features you can set ` + "`ACTIVATE_PRO=0`.\n"

// summary is what remains of the banner when it has been read often enough: a
// container that restarts for ever must not flood its log.
const (
	summary      = "License activation failed: %s (%d times in a row since %s)\n"
	summaryAfter = 2 // banners in a row
)

// writeBanner writes the failure for people: the announcement, then for a missing
// license the banner that users know, otherwise the reason alone.
func writeBanner(w io.Writer, failed *fault.Error) {
	row, reason := failed.Row(), Plain(Reason(failed))
	fmt.Fprintf(w, announcement+"\n", row.Exit)
	switch again := failed.Refused; {
	case row.Exit != fault.ExitLicense:
		fmt.Fprintln(w, reason)
	case again.Times > summaryAfter:
		fmt.Fprintf(w, summary, reason, again.Times, again.Since.UTC().Format(time.RFC3339))
	default:
		fmt.Fprintf(w, banner, reason)
	}
}

// Failure is the JSON form. Its field names are part of the contract with
// those who read it by machine.
type Failure struct {
	ID       fault.ID `json:"id"`
	Stored   fault.ID `json:"stored,omitempty"`
	ExitCode int      `json:"exit_code"`
	Retry    bool     `json:"retry"`
	Reason   string   `json:"reason"`
	Remedy   string   `json:"remedy,omitempty"`
	Detail   string   `json:"detail,omitempty"`
	Server   string   `json:"server,omitempty"`
	Host     string   `json:"host,omitempty"`
	// How often the license server has refused this in a row, and since when.
	RefusedTimes int    `json:"refused_times,omitempty"`
	RefusedSince string `json:"refused_since,omitempty"`
	// Checks are what was looked at to explain the failure.
	Checks []Check `json:"checks,omitempty"`
}

// failureLine is a failure in the log.
type failureLine struct {
	Time  string `json:"time"`
	Level string `json:"level"`
	Failure
}

// writeJSON writes the failure as one line of JSON.
func writeJSON(w io.Writer, failed *fault.Error, now time.Time) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(failureLine{now.UTC().Format(time.RFC3339Nano), "error", FailureOf(failed)})
}

// FailureOf is the JSON form of a failure.
func FailureOf(failed *fault.Error) Failure {
	row := failed.Row()
	form := Failure{
		ID: failed.ID, ExitCode: row.Exit, Retry: row.Retry,
		Reason: Plain(Reason(failed)), Remedy: Plain(Remedy(failed)),
		Detail: Plain(failed.Seen()), Server: Plain(failed.Server), Host: Plain(failed.Host),
		Checks: Checks(failed.Checks),
	}
	if failed.Stored != nil {
		form.Stored = failed.Stored.ID
	}
	if again := failed.Refused; again.Times > 0 {
		form.RefusedTimes, form.RefusedSince = again.Times, again.Since.UTC().Format(time.RFC3339)
	}
	return form
}

// Plain is text made safe for a terminal and one line: no control or invisible
// characters, no broken UTF-8, no more than a screenful.
func Plain(text string) string {
	text = printable(text)
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + " …"
	}
	return text
}

// PlainLines is Plain for a text of several lines, with its tabs and without the
// bound.
func PlainLines(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for i, column := range columns {
			columns[i] = printable(column)
		}
		lines = append(lines, strings.Join(columns, "\t")+"\n")
	}
	return strings.Join(lines, "")
}

// printable is text on one line, without control and invisible characters.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
