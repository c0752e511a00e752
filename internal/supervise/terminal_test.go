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

func TestOnATerminalTheCommandIsTheForegroundAndGetsControlCOnce(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]setup{"PID 1": asPID1, "child": asChild} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startOnTerminal(t, how, "init", "foreground", "child")
			p.expect("foreground: true <nil>")
			p.expect("ready child")
			p.press("\x03")
			p.expect("SIGINT child")
			p.signal(unix.SIGUSR2)
			p.exits(41)
		})
	}
}

func TestARestartedCommandIsTheForegroundAgain(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, asPID1, "init", "-timeout", "0", "foreground", "child")
	p.expect("foreground: true <nil>")
	p.expect("ready child")
	p.signal(unix.SIGUSR1)
	p.expect("foreground: true <nil>")
	p.expect("ready child again")
	p.signal(unix.SIGUSR2)
	p.exits(40)
}

func TestTheForegroundComesBack(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, asChild, "session")
	p.expect("foreground: true <nil>")
	p.expect("foreground afterwards: true <nil>")
	p.exits(7)
}

func TestAnInitInTheBackgroundLeavesTheForegroundAlone(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, asChild, "session", "background")
	p.expect("foreground: false <nil>")
	p.expect("foreground afterwards: true <nil>")
	p.exits(7)
}
