package main

import (
	"os"
	"strings"
	"testing"

	"localstack-entrypoint/internal/supervise"
)

// Names under which the test binary is a program with an error of its own in it.
const (
	panicsInDecision = "panics-in-decision"
	panicsOnMain     = "panics-on-main"
)

// playPanic is what main does, with an error of ours in the way; args are the command.
func playPanic(name string, args []string) (code int) {
	s := newStart(args, supervise.NoCore())
	defer s.end(&code)
	if name == panicsOnMain {
		panic("something with " + s.cfg.AuthToken.Reveal() + " in it")
	}
	s.cfg.Endpoint.URL = nil // which everybody takes for granted
	if s.supervises() {
		return s.runAsInit()
	}
	return s.runWithoutInit()
}

// playing makes p a program with an error in it.
func (p *pid1) playing(t *testing.T, name string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.Path, p.Args = exe, append([]string{name}, p.Args[1:]...)
}

func TestAPanicIsAFailureOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{panicsInDecision, panicsOnMain} {
		for _, supervise := range []string{"1", "0"} {
			for _, level := range []string{"info", "debug"} {
				t.Run(strings.Join([]string{name, "SUPERVISE=" + supervise, level}, ", "), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					w.set("SUPERVISE", supervise)
					w.set("LS_LOG", level)
					p := w.asPID1("echo", "started")
					p.playing(t, name)
					code := p.code(t)
					said := p.stderr.String()
					const banner = "exit code 70. Reason: \nThe entrypoint itself has failed: "
					if code != 70 || p.stdout.String() != "" || !strings.Contains(said, banner) {
						t.Errorf("exit code %d, stdout %q, stderr %q", code, p.stdout.String(), said)
					}
					hasStack := strings.Contains(said, "panic_test.go") || strings.Contains(said, "runtime/debug.Stack")
					if hasStack != (level == "debug") {
						t.Errorf("at %s it says %s", level, said)
					}
					if strings.Contains(said, w.secret()) {
						t.Errorf("the token is in %s", said)
					}
				})
			}
		}
	}
}

func TestAPanicIsReportedInJSONAndItsCodeCanBeReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("LOG_FORMAT", "json")
	w.set("EXIT_CODE_REMAP", "70:9")
	p := w.asPID1("echo", "started")
	p.playing(t, panicsInDecision)
	const facts = `"id":"internal.panic","exit_code":70,"retry":true`
	if code := p.code(t); code != 9 || !strings.Contains(p.stderr.String(), facts) {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}
