package supervise

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBeforeTheCommandControlCAndControlBackslashEndTheStart(t *testing.T) {
	inStages(t, stages, onTerminal, func(t *testing.T, _ stage, begin starter) {
		for key, code := range map[string]int{"\x03": 130, "\x1c": 131} {
			p := begin("report")
			p.press(key)
			p.exits(code)
		}
	})
}

// TestBeforeTheCommandControlZWithoutAShellGoesOn: nobody could ever continue us.
func TestBeforeTheCommandControlZWithoutAShellGoesOn(t *testing.T) {
	inStages(t, stages, onTerminal, func(t *testing.T, s stage, begin starter) {
		p := begin("report")
		p.press("\x1a")
		s.next(p)
		p.expect("ready")
		p.wantForeground()
		p.press("\x03")
		p.expect("signal 2")
	})
}

// TestBeforeTheCommandControlZUnderAShellStopsUs: the shell has the terminal then, and brings us back.
func TestBeforeTheCommandControlZUnderAShellStopsUs(t *testing.T) {
	t.Parallel()
	for _, s := range stages {
		if s.starts > 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			argv := append([]string{"shell", "init"}, s.flags...)
			p := startOnTerminal(t, asChild, append(argv, "report")...)
			s.reach(p)
			p.press("\x1a")
			p.expect("stopped by stopped")
			p.press("\n")
			s.next(p)
			p.expect("ready")
			p.press("\x03")
			p.expect("signal 2")
		})
	}
}

// TestControlZRightBeforeTheCommandDoesNotStopIt: it was for us, and nobody would continue the command.
func TestControlZRightBeforeTheCommandDoesNotStopIt(t *testing.T) {
	each(t, onTerminal, func(t *testing.T, init starter) {
		for range 20 {
			p := init("-ask", "report")
			p.expect("deciding")
			p.press("\x1ago\n")
			p.expect("ready")
			p.press("\x03")
			p.expect("signal 2")
		}
	})
}

// TestControlZWithLeaderOnlyGoesOnWithTheWholeGroup: the terminal has stopped all of it.
func TestControlZWithLeaderOnlyGoesOnWithTheWholeGroup(t *testing.T) {
	const child = `(echo waiting; read line; echo "read $line"); exit 7`
	each(t, onTerminal, func(t *testing.T, init starter) {
		hooks := init("-leader", "-hooks", child, "report")
		hooks.expect("waiting")
		hooks.press("\x1a")
		hooks.feed("on")
		hooks.expect("read on")
		hooks.expect("ready")
		command := init("-leader", "/bin/sh", "-c", child)
		command.expect("waiting")
		command.press("\x1a")
		command.feed("on")
		command.expect("read on")
		command.exits(7)
	})
}

// wantForeground checks that the process's only child is the foreground of the terminal.
func (p *process) wantForeground() {
	p.t.Helper()
	child := children(strconv.Itoa(p.cmd.Process.Pid))[0]
	if group := p.foreground(); group != child {
		p.t.Errorf("group %d is the foreground, not %d", group, child)
	}
}

// foreground is the foreground group of the terminal.
func (p *process) foreground() int {
	p.t.Helper()
	group, err := unix.IoctlGetInt(int(p.stdin.Fd()), unix.TIOCGPGRP)
	if err != nil {
		p.t.Error(err)
	}
	return group
}
