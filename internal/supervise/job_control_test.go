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

func TestKeysAndWindowChangesReachTheCommandOnce(t *testing.T) {
	each(t, onTerminal, func(t *testing.T, init starter) {
		p := init("ask")
		p.expect("ready")
		p.press("\x03")
		p.expect("SIGINT")
		p.press("\x1c")
		p.expect("SIGQUIT")
		if err := pty.Setsize(p.stdin, &pty.Winsize{Rows: 7, Cols: 70}); err != nil {
			t.Fatal(err)
		}
		p.expect("SIGWINCH")
		p.press("end\n")
		p.exits(7)
		if got := strings.Join(p.silence(), " "); got != "ready SIGINT SIGQUIT SIGWINCH read end" {
			t.Error(got)
		}
	})
}

// TestControlZWithoutAShellGoesOn: nobody could ever continue the command.
func TestControlZWithoutAShellGoesOn(t *testing.T) {
	each(t, onTerminal, func(t *testing.T, init starter) {
		p := init("ask")
		p.expect("ready")
		p.press("\x1a")
		p.expect("SIGCONT")
		p.press("end\n")
		p.exits(7)
	})
}

func TestAskedToStopItStaysStopped(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, asPID1, "init", "ask")
	p.expect("ready")
	p.signal(unix.SIGTSTP)
	p.awaitStop()
	p.signal(unix.SIGCONT)
	p.expect("SIGCONT")
	p.press("end\n")
	p.exits(7)
	if got := strings.Join(p.silence(), " "); got != "ready SIGCONT read end" {
		t.Error(got)
	}
}

// TestControlZUnderAShellStopsUsWithTheCommand: then the shell has the terminal, and brings both
// back.
func TestControlZUnderAShellStopsUsWithTheCommand(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, asChild, "shell", "init", "ask")
	for range 2 {
		p.expect("ready", "SIGCONT")
		p.press("\x1a")
		p.expect("stopped by stopped")
		p.press("\n")
	}
	p.expect("SIGCONT")
	p.press("end\n")
	p.expect("read end")
	p.exits(7)
}

// TestJobControlOfTheCommandIsItsOwn has a shell with job control as the command: Ctrl-Z stops its
// job and not itself.
func TestJobControlOfTheCommandIsItsOwn(t *testing.T) {
	each(t, onTerminal, func(t *testing.T, init starter) {
		p := init("shell", "/bin/sh", "-c", `echo ready; read line; echo "read $line"; exit 7`)
		p.expect("ready")
		p.press("\x1a")
		p.expect("stopped by stopped")
		p.press("\n")
		p.press("on\n")
		p.expect("read on")
		p.exits(7)
	})
}
