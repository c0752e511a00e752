package testkit

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/credential"
)

// RunScripts is testscript.Run with credentials masked in the log: CI publishes it.
func RunScripts(t *testing.T, params testscript.Params) {
	testscript.RunT(maskedT{t}, params)
}

// maskedT is a test whose log is masked.
type maskedT struct{ *testing.T }

// Run runs a subtest whose log is masked, too.
func (m maskedT) Run(name string, f func(testscript.T)) {
	m.T.Run(name, func(t *testing.T) { f(maskedT{t}) })
}

// Verbose reports whether the log is shown.
func (maskedT) Verbose() bool { return testing.Verbose() }

// Log implements testscript.T.
func (m maskedT) Log(args ...any) { m.T.Log(masked(args)) }

// Fatal implements testscript.T.
func (m maskedT) Fatal(args ...any) { m.T.Fatal(masked(args)) }

// Skip implements testscript.T.
func (m maskedT) Skip(args ...any) { m.T.Skip(masked(args)) }

func masked(args []any) string {
	text := credential.MaskAll(strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	return regexp.MustCompile(`\b[[:alnum:]]{40}\b`).ReplaceAllString(text, "****")
}
