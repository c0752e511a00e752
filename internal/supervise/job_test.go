package supervise

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// awaitStop waits until the process's only child is stopped.
func (p *process) awaitStop() {
	p.t.Helper()
	child := children(strconv.Itoa(p.cmd.Process.Pid))[0]
	for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child)); strings.Contains(string(stat), ") T ") {
			return
		}
	}
	p.t.Error("it never stopped")
}

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
			p, keyboard := startOnTerminal(t, how, "init", "ask")
			p.expect("ready")
			press(t, keyboard, "\x03")
			p.expect("SIGINT")
			press(t, keyboard, "\x1c")
			p.expect("SIGQUIT")
			if err := pty.Setsize(keyboard, &pty.Winsize{Rows: 7, Cols: 70}); err != nil {
				t.Fatal(err)
			}
			p.expect("SIGWINCH")
			press(t, keyboard, "end\n")
			p.exits(7)
			if got := strings.Join(p.silence(), " "); got != "ready SIGINT SIGQUIT SIGWINCH read end" {
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
			p, keyboard := startOnTerminal(t, how, "init", "ask")
			p.expect("ready")
			press(t, keyboard, "\x1a")
			p.expect("SIGCONT")
			press(t, keyboard, "end\n")
			p.exits(7)
		})
	}
}

func TestAskedToStopItStaysStopped(t *testing.T) {
	t.Parallel()
	p, keyboard := startOnTerminal(t, asPID1, "init", "ask")
	p.expect("ready")
	p.signal(unix.SIGTSTP)
	p.awaitStop()
	p.signal(unix.SIGCONT)
	p.expect("SIGCONT")
	press(t, keyboard, "end\n")
	p.exits(7)
	if got := strings.Join(p.silence(), " "); got != "ready SIGCONT read end" {
		t.Error(got)
	}
}

// TestControlZUnderAShellStopsUsWithTheCommand: then the shell has the terminal, and brings both
// back.
func TestControlZUnderAShellStopsUsWithTheCommand(t *testing.T) {
	t.Parallel()
	p, keyboard := startOnTerminal(t, asChild, "shell", "init", "-subreaper", "ask")
	for range 2 {
		p.expect("ready", "SIGCONT")
		press(t, keyboard, "\x1a")
		p.expect("stopped by stopped")
		press(t, keyboard, "\n")
	}
	p.expect("SIGCONT")
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
			p, keyboard := startOnTerminal(t, how, "init", "shell", "/bin/sh", "-c", `echo ready; read line; echo "read $line"; exit 7`)
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
