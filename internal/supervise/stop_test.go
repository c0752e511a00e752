package supervise

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const killed = 128 + int(unix.SIGKILL)
const terminated = 128 + int(unix.SIGTERM)

func TestStopSignalsReachTheCommandUnchangedAndExactlyOnce(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGINT} {
			p := init("count", "child")
			p.expect("ready child")
			p.signal(sig)
			p.expect(unix.SignalName(sig) + " child")
			p.signal(unix.SIGUSR2)
			p.exits(41)
		}
	})
}

func TestSignalStormBeforeTheStartDoesNotLoseSIGTERM(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-wait", "/bin/sleep", "60")
		p.expect("listening")
		for range 1000 {
			p.signal(unix.SIGWINCH)
			p.signal(unix.SIGCONT)
			p.signal(unix.SIGCHLD)
		}
		p.signal(unix.SIGUSR1)
		p.signal(unix.SIGTERM)
		p.feed("go")
		p.exits(terminated)
	})
}

// TestSIGTERMAroundTheStartIsNeverLost spreads its SIGTERMs over what happens after Listen, and
// for the init that is no PID 1 over its whole start.
func TestSIGTERMAroundTheStartIsNeverLost(t *testing.T) {
	t.Parallel()
	t.Run("PID 1, since it listens", func(t *testing.T) {
		t.Parallel()
		for delay := time.Duration(0); delay < 8*time.Millisecond; delay += 200 * time.Microsecond {
			p := start(t, asPID1, "init", "-wait", "/bin/sleep", "60")
			p.expect("listening")
			p.feed("go")
			time.Sleep(delay)
			p.signal(unix.SIGTERM)
			p.exits(terminated)
		}
	})
	for _, role := range []string{"init", "boot"} {
		t.Run(role+", since the fork", func(t *testing.T) {
			t.Parallel()
			for delay := time.Duration(0); delay < 60*time.Millisecond; delay += 2 * time.Millisecond {
				p := start(t, asChild, role, "/bin/sleep", "60")
				time.Sleep(delay)
				p.signal(unix.SIGTERM)
				// Killed by it before it listened, or exited for it: both are an answer.
				if status := p.status(); ExitCode(status) != terminated {
					t.Errorf("after %s: status %#x, output %q", delay, status, p.silence())
				}
			}
		})
	}
}

func TestHandingOverToTheCommandNeverLosesSIGTERM(t *testing.T) {
	t.Parallel()
	for delay := time.Duration(0); delay < 4*time.Millisecond; delay += 100 * time.Microsecond {
		p := start(t, asChild, "boot", "/bin/sleep", "60")
		p.expect("listening")
		time.Sleep(delay)
		p.signal(unix.SIGTERM)
		if status := p.status(); ExitCode(status) != terminated {
			t.Errorf("after %s: status %#x, output %q", delay, status, p.silence())
		}
	}
}

func TestSignalStormWhileRunningDoesNotDelaySIGTERM(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("count", "child")
		p.expect("ready child")
		for range 2000 {
			p.signal(unix.SIGWINCH)
			p.signal(unix.SIGCHLD)
			p.signal(unix.SIGCONT)
		}
		p.signal(unix.SIGTERM)
		p.expect("SIGTERM child")
		p.signal(unix.SIGUSR2)
		p.exits(41)
	})
}

func TestCommandThatDoesNotStopIsKilledAtTheDeadline(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-timeout", "300ms", "count", "child")
		p.expect("ready child")
		p.signal(unix.SIGTERM)
		p.expect("SIGTERM child")
		p.exits(killed)
		if want := []string{"warn: the command did not stop within 300ms and was killed"}; !slices.Equal(p.warnings(), want) {
			t.Errorf("%q, want %q", p.said, want)
		}
	})
}

func TestWarningThatNobodyReadsDoesNoHarm(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-timeout", "0", "mute")
		p.expect("ready")
		_ = p.output.Close()
		p.signal(unix.SIGTERM)
		p.exits(killed)
	})
}

// TestFurtherSIGTERMsDoNotMoveTheDeadline would never end if each started the deadline anew.
func TestFurtherSIGTERMsDoNotMoveTheDeadline(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-timeout", "1s", "count", "child")
		p.expect("ready child")
		p.signal(unix.SIGTERM)
		p.expect("SIGTERM child")
		p.signal(unix.SIGTERM)
		p.expect("SIGTERM child") // it is forwarded again
		ended := make(chan struct{})
		go func() {
			for {
				select {
				case <-ended:
					return
				case <-time.After(100 * time.Millisecond):
					_ = p.cmd.Process.Signal(unix.SIGTERM)
				}
			}
		}()
		p.exits(killed)
		close(ended)
		if warnings := p.warnings(); len(warnings) != 1 {
			t.Errorf("%q, want one warning", warnings)
		}
	})
}

func TestTheWholeGroupGetsSIGTERMAndNoneOfItSurvives(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-timeout", "1s", "family")
		for range 2 {
			p.expect("ready child", "ready grandchild")
		}
		p.signal(unix.SIGTERM)
		p.exits(killed)
		for _, name := range []string{"child", "grandchild"} {
			if !slices.Contains(p.silence(), "SIGTERM "+name) {
				t.Errorf("no SIGTERM for the %s: %q", name, p.said)
			}
		}
	})
}

func TestCommandThatLeftItsGroupIsStillStopped(t *testing.T) {
	t.Parallel()
	p := start(t, asPID1, "init", "-timeout", "300ms", "wanderer")
	p.expect("ready wanderer")
	p.signal(unix.SIGTERM)
	p.expect("SIGTERM wanderer")
	p.exits(killed)
}
