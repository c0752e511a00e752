package testkit

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/credential"
)

// RunScripts is testscript.Run with a log in which no credential can be read:
// what tests print is kept, and shown to others.
func RunScripts(t *testing.T, params testscript.Params) {
	testscript.RunT(discreet{t}, params)
}

// discreet is a test whose log is masked.
type discreet struct{ *testing.T }

// Run runs a subtest that is discreet as well.
func (d discreet) Run(name string, f func(testscript.T)) {
	d.T.Run(name, func(t *testing.T) { f(discreet{t}) })
}

// Verbose tells whether the log is shown.
func (discreet) Verbose() bool { return testing.Verbose() }

// Log masks what it logs.
func (d discreet) Log(args ...any) { d.T.Log(masked(args)) }

// Fatal masks what it logs.
func (d discreet) Fatal(args ...any) { d.T.Fatal(masked(args)) }

// Skip masks what it logs.
func (d discreet) Skip(args ...any) { d.T.Skip(masked(args)) }

func masked(args []any) string {
	text := credential.MaskAll(strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	return regexp.MustCompile(`\b[[:alnum:]]{40}\b`).ReplaceAllString(text, "****")
}
