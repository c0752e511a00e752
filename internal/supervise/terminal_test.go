package supervise

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// startOnTerminal starts a role as the leader of a session on a new terminal. Its stdin is the other end of
// that, for typing.
func startOnTerminal(t *testing.T, how setup, argv ...string) *process {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// Output byte for byte, and only output.
	mode, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Lflag &^= unix.ECHO
	mode.Oflag &^= unix.OPOST
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	leading := func(cmd *exec.Cmd) {
		how(cmd)
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, true, stdin
	}
	p := begin(t, leading, (*exec.Cmd).Start, argv, tty, tty, keyboard)
	p.stdin = keyboard
	return p
}

func TestARestartedCommandIsTheForegroundAgain(t *testing.T) {
	each(t, onTerminal, func(_ *testing.T, init starter) {
		p := init("-timeout", "0", "count", "child")
		p.expect("ready child")
		p.wantForeground()
		p.signal(unix.SIGUSR1)
		p.expect("ready child again")
		p.wantForeground()
	})
}

// TestTheForegroundIsOursToGiveAndComesBack has a shell with job control or without: in the background, an
// init leaves the foreground alone.
func TestTheForegroundIsOursToGiveAndComesBack(t *testing.T) {
	t.Parallel()
	for script, has := range map[string]string{"init foreground": "true", "set -m; init foreground & wait $!": "false"} {
		p := startOnTerminal(t, belowShell(t, asChild, script+"; echo over; read line"), "init")
		p.expect("foreground: " + has + " <nil>")
		p.expect("over")
		if group := p.foreground(); group != p.cmd.Process.Pid {
			t.Errorf("%s: group %d is the foreground", script, group)
		}
	}
}
