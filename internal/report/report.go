// Package report is the one place that prints: log lines, and the failure of a
// start as a banner or as JSON. Everything passes through a filter that hides
// the credential, whatever a message was made of.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"localstack-entrypoint/internal/fault"
)

// Names of loggers. Users know the license lines by LicenseLogger, which is
// what LocalStack calls it.
const (
	LicenseLogger = "l.p.c.b.licensingv2"
	Logger        = "entrypoint"
)

// thread is what stands where LocalStack's log lines name one.
const thread = "  MainThread"

// announcement begins every failure; clients of the image look for it.
const announcement = "Localstack returning with exit code %d. Reason: "

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
	// How often the licensing server has refused this in a row, and since when.
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
