package supervise

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// startOnTerminal starts a role as the leader of a session on a new terminal and returns the
// other end of that, for typing.
func startOnTerminal(t *testing.T, how setup, argv ...string) (*process, *os.File) {
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
	onTerminal := func(cmd *exec.Cmd) {
		how(cmd)
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, true, stdin
	}
	return begin(t, onTerminal, argv, tty, tty, keyboard), keyboard
}

func TestOnATerminalTheCommandIsTheForegroundAndGetsControlCOnce(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]setup{"PID 1": asPID1, "child": asChild} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, keyboard := startOnTerminal(t, how, "init", "foreground", "child")
			p.expect("foreground: true <nil>")
			p.expect("ready child")
			if _, err := keyboard.WriteString("\x03"); err != nil {
				t.Fatal(err)
			}
			p.expect("SIGINT child")
			p.signal(unix.SIGUSR2)
			p.exits(41)
		})
	}
}

func TestARestartedCommandIsTheForegroundAgain(t *testing.T) {
	t.Parallel()
	p, _ := startOnTerminal(t, asPID1, "init", "-timeout", "0", "foreground", "child")
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
	p, _ := startOnTerminal(t, asChild, "session")
	p.expect("foreground: true <nil>")
	p.expect("foreground afterwards: true <nil>")
	p.exits(7)
}

func TestAnInitInTheBackgroundLeavesTheForegroundAlone(t *testing.T) {
	t.Parallel()
	p, _ := startOnTerminal(t, asChild, "session", "background")
	p.expect("foreground: false <nil>")
	p.expect("foreground afterwards: true <nil>")
	p.exits(7)
}
