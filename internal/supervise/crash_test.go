package supervise

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCrashedCommandIsStartedAgainSoManyTimes(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-crashes", "2", "/bin/sh", "-c", `echo run $0; kill -KILL $$`)
		p.exits(killed)
		want := []string{
			"run /bin/sh",
			"warn: the command was killed by SIGKILL (exit code 137): restarting, attempt 1 of 2", "run again",
			"warn: the command was killed by SIGKILL (exit code 137): restarting in 1s, attempt 2 of 2", "run again",
			"warn: the command was killed by SIGKILL (exit code 137)",
		}
		if said := p.silence(); !slices.Equal(said, want) {
			t.Errorf("%q, want %q", said, want)
		}
	})
}

func TestWhyTheCommandEndedIsSaid(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for script, want := range map[string]string{
			"exit 0":                      "",
			"exit 3":                      "warn: the command exited with code 3",
			"exit 137":                    "warn: the command exited with code 137",
			"kill $$":                     "warn: the command was killed by SIGTERM (exit code 143)",
			"ulimit -c 0; kill -SEGV $$":  "warn: the command was killed by SIGSEGV (exit code 139)",
			"kill -40 $$":                 "warn: the command was killed by signal 40 (exit code 168)",
			"sh -c 'kill -9 $$'; exit 20": "warn: the command exited with code 20",
		} {
			p := init("-ends", "/bin/sh", "-c", script)
			p.status()
			if said := strings.Join(p.warnings(), "\n"); said != want {
				t.Errorf("%s: %q, want %q", script, said, want)
			}
		}
	})
}

// TestAnEndThatWasAskedForNeedsNoReason unless something else has ended the command meanwhile.
func TestAnEndThatWasAskedForNeedsNoReason(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for script, want := range map[string]string{
			`:`:                         "",
			`trap "exit 3" TERM`:        "",
			`trap "kill -INT $$" TERM`:  "",
			`trap "kill -KILL $$" TERM`: "warn: the command was killed by SIGKILL (exit code 137)",
			`trap "kill -ABRT $$" TERM`: "warn: the command was killed by SIGABRT (exit code 134)",
		} {
			p := init("-ends", "/bin/sh", "-c", "ulimit -c 0; "+script+"; echo ready; while :; do sleep 0.01; done")
			p.expect("ready")
			p.signal(unix.SIGTERM)
			p.status()
			if said := strings.Join(p.warnings(), "\n"); said != want {
				t.Errorf("%s: %q, want %q", script, said, want)
			}
		}
	})
}

func TestEndThatCannotGetBetterIsNoCrash(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, code := range []string{"55", "78", "126", "127"} {
			p := init("-crashes", "2", "/bin/sh", "-c", "echo run; exit "+code)
			p.exits(numberOf(" " + code))
			if said := p.silence(); !slices.Equal(said, []string{"run"}) {
				t.Errorf("%q", said)
			}
		}
	})
}

func TestSIGTERMDuringThePauseEndsAtOnce(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-crashes", "9", "/bin/sh", "-c", "echo run $0; exit 3")
		p.expect("warn: the command exited with code 3: restarting in 2s, attempt 3 of 9")
		p.signal(unix.SIGINT)
		p.exits(128 + int(unix.SIGINT))
	})
}

func TestExitCodesAreReplaced(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		init("-code", "143:0", "/bin/sh", "-c", "kill $$").exits(0)
		init("-code", "3:9", "/bin/sh", "-c", "exit 3").exits(9)
		init("-code", "3:9", "/bin/sh", "-c", "exit 4").exits(4)
	})
}
