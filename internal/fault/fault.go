// Package fault is the catalog of everything that can keep a container from
// starting: one table, failures.md, and one error type. A package that meets such
// a thing returns an [Error] with the row's ID and what it saw; nothing but package
// report makes sentences of that, and docs/ERRORS.md is generated from the table.
package fault

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The exit codes of our programs. A command that did run passes its own code.
const (
	// ExitNone is that of rows that only warn: no start ends because of them.
	ExitNone = 0
	// ExitFailed is for what went wrong without a code of its own, and for an unhealthy emulator.
	ExitFailed = 1
	// ExitUsage is for arguments that a program does not know.
	ExitUsage = 2
	// ExitUnknown is the doctor's when it cannot predict a start: monitoring plugins have it for "unknown".
	ExitUnknown = 3
	// ExitNoReply is dig's code for a server that does not answer.
	ExitNoReply = 9
	// ExitLicense is what every client of this image expects of a start without a license.
	ExitLicense = 55
	// ExitInternal is sysexits' EX_SOFTWARE: we have failed by ourselves.
	ExitInternal = 70
	// ExitConfig is sysexits' EX_CONFIG.
	ExitConfig = 78
	// ExitNotExecutable and ExitNotFound are POSIX's codes for a command that cannot be run.
	ExitNotExecutable = 126
	ExitNotFound      = 127
	// ExitSignal plus n is a shell's code for a process that signal n has ended.
	ExitSignal = 128
)

// Error is a failure that was met: a row of the table and the facts. It is not changed after it was made.
type Error struct {
	ID ID
	// Detail is what was seen, in words that complete the row's Reason. It
	// never holds a secret.
	Detail string
	Facts
}

// Facts are what else is known of a failure; each may be absent.
type Facts struct {
	// Server is the licensing server's base URL, Host the name that the failure is about.
	Server, Host string
	// Variable is the environment variable that led there, such as the one with the proxy.
	Variable string
	// Platforms are those that the container runs on, most specific first; empty if they were not determined.
	Platforms []Place
	// Answered is true when the server, or another one in its place, has answered: then no further request is sent to
	// find the cause.
	Answered bool
	// Waited is how long an answer was waited for, Attempts how often it was asked for.
	Waited   time.Duration
	Attempts int
	// RequestID is what the server calls the request, RetryAfter how long it wants us to wait.
	RequestID  string
	RetryAfter time.Duration
	// Remarks are what else was seen, a phrase each.
	Remarks []string
	// Stored is why no stored document could stand in for the server; nil
	// when the failure has nothing to do with one.
	Stored *Error
	// Checks are what was looked at to explain the failure; there may be none.
	Checks []Check
	// Refused is how often the licensing server has refused this in a row; zero
	// for other failures, and where nobody counts.
	Refused Repetition
	// Cause is the error below, for errors.Is and for debugging.
	Cause error
}

// Repetition is how often something has come, and since when.
type Repetition struct {
	Times int
	Since time.Time
}

// State is how a check ended.
type State string

// States of a check.
const (
	// Passed: what was looked at is as it should be.
	Passed State = "passed"
	// Failed: a start fails of this.
	Failed State = "failed"
	// Warned: a start works, but something later may not.
	Warned State = "warned"
	// Skipped: it could not be looked at, or does not matter here.
	Skipped State = "skipped"
)

// Check is one look at something that a start depends on, and what was seen.
type Check struct {
	// Name names the check for machines and people, as in "names" or "tls".
	Name  string
	State State
	// Fact is what was seen, in a line. It never holds a secret.
	Fact string
	// Evidence are further facts that the line rests on, a line each.
	Evidence []string
	// Finding is the row of the table behind Failed and Warned; nil otherwise.
	Finding *Error
	// Suspect is true of a warning that may be why what follows fails.
	Suspect bool
	// Took is how long the look lasted.
	Took time.Duration
}

// New returns the failure id with a detail made as by [fmt.Sprintf].
func New(id ID, format string, args ...any) *Error { return Wrap(nil, id, format, args...) }

// Wrap is New with the error below.
func Wrap(cause error, id ID, format string, args ...any) *Error {
	return &Error{ID: id, Detail: fmt.Sprintf(format, args...), Facts: Facts{Cause: cause}}
}

// With returns a copy of e that has the given facts as well. What e knows already stays.
func (e *Error) With(more Facts) *Error {
	both := *e
	both.Server, both.Host = cmp.Or(e.Server, more.Server), cmp.Or(e.Host, more.Host)
	both.Variable = cmp.Or(e.Variable, more.Variable)
	both.Waited, both.RetryAfter = cmp.Or(e.Waited, more.Waited), cmp.Or(e.RetryAfter, more.RetryAfter)
	both.RequestID, both.Attempts = cmp.Or(e.RequestID, more.RequestID), cmp.Or(e.Attempts, more.Attempts)
	both.Answered = e.Answered || more.Answered
	both.Remarks = slices.Clip(e.Remarks)
	for _, remark := range more.Remarks {
		if !slices.Contains(both.Remarks, remark) {
			both.Remarks = append(both.Remarks, remark)
		}
	}
	both.Stored, both.Refused = cmp.Or(e.Stored, more.Stored), cmp.Or(e.Refused, more.Refused)
	if both.Checks == nil {
		both.Checks = more.Checks
	}
	if both.Cause == nil {
		both.Cause = more.Cause
	}
	return &both
}

// Seen is all that was seen, in a phrase: the detail with the facts that belong to it, and the remarks.
func (e *Error) Seen() string {
	seen := e.Detail
	if e.RequestID != "" {
		seen += ", request " + e.RequestID
	}
	if e.RetryAfter > 0 {
		seen += ", retry after " + e.RetryAfter.Round(time.Second).String()
	}
	if waited := e.Waited.Round(100 * time.Millisecond); waited > 0 {
		seen += " (waited " + waited.String()
		if e.Attempts > 1 {
			seen += fmt.Sprintf(", %d attempts", e.Attempts)
		}
		seen += ")"
	}
	return strings.Join(append([]string{seen}, e.Remarks...), "; ")
}

// Error names the failure for developers and logs; users are shown the reason that package report makes.
func (e *Error) Error() string {
	if e.Detail == "" {
		return string(e.ID)
	}
	return string(e.ID) + ": " + e.Seen()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is a failure of the same row, so that
// errors.Is(err, &fault.Error{ID: id}) asks for a row.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.ID == e.ID
}

// Find returns the first failure in err's chain.
func Find(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
