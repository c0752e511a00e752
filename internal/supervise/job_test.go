package supervise

import (
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// ask is a shell that answers lines and tells of signals. It reads in a subshell's place, not in
// the foreground of a job: there is none.
const ask = `
	trap 'echo INT' INT; trap 'echo QUIT' QUIT; trap 'echo WINCH' WINCH; trap 'echo CONT' CONT
	echo ready
	while :; do read -r line && { echo "read $line"; [ "$line" = end ] && exit 7; }; done`

func press(t *testing.T, keyboard *os.File, keys string) {
	t.Helper()
	if _, err := keyboard.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAndWindowChangesReachTheCommandOnce(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]setup{"PID 1": asPID1, "session leader": asChild} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, keyboard := startOnTerminal(t, how, "init", "/bin/sh", "-c", ask)
			p.expect("ready")
			press(t, keyboard, "\x03")
			p.expect("INT")
			press(t, keyboard, "\x1c")
			p.expect("QUIT")
			if err := pty.Setsize(keyboard, &pty.Winsize{Rows: 7, Cols: 70}); err != nil {
				t.Fatal(err)
			}
			p.expect("WINCH")
			press(t, keyboard, "end\n")
			p.exits(7)
			if got := strings.Join(p.silence(), " "); got != "ready INT QUIT WINCH read end" {
				t.Error(got)
			}
		})
	}
}

// TestControlZWithoutAShellGoesOn: nobody could ever continue the command.
func TestControlZWithoutAShellGoesOn(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]setup{"PID 1": asPID1, "session leader": asChild} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, keyboard := startOnTerminal(t, how, "init", "/bin/sh", "-c", ask)
			p.expect("ready")
			press(t, keyboard, "\x1a")
			p.expect("CONT")
			press(t, keyboard, "end\n")
			p.exits(7)
		})
	}
}

func TestAskedToStopItStaysStopped(t *testing.T) {
	t.Parallel()
	p, keyboard := startOnTerminal(t, asPID1, "init", "/bin/sh", "-c", ask)
	p.expect("ready")
	p.signal(unix.SIGTSTP)
	p.signal(unix.SIGCONT) // in the order in which they were sent
	p.expect("CONT")
	press(t, keyboard, "end\n")
	p.exits(7)
}

// TestControlZUnderAShellStopsUsWithTheCommand: then the shell has the terminal, and brings both
// back.
func TestControlZUnderAShellStopsUsWithTheCommand(t *testing.T) {
	t.Parallel()
	p, keyboard := startOnTerminal(t, asChild, "shell", "init", "-subreaper", "/bin/sh", "-c", ask)
	for range 2 {
		p.expect("ready", "CONT")
		press(t, keyboard, "\x1a")
		p.expect("stopped by stopped")
		press(t, keyboard, "\n")
	}
	p.expect("CONT")
	press(t, keyboard, "end\n")
	p.expect("read end")
	p.exits(7)
}

// TestJobControlOfTheCommandIsItsOwn has a shell with job control as the command: Ctrl-Z stops its
// job and not itself.
func TestJobControlOfTheCommandIsItsOwn(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]setup{"PID 1": asPID1, "session leader": asChild} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, keyboard := startOnTerminal(t, how, "init", "shell", "/bin/sh", "-c", `echo ready; sleep 0.2; read line; echo "read $line"; exit 7`)
			p.expect("ready")
			press(t, keyboard, "\x1a")
			p.expect("stopped by stopped")
			press(t, keyboard, "\n")
			press(t, keyboard, "on\n")
			p.expect("read on")
			p.exits(7)
		})
	}
}
