package supervise

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// askedFor are the signals that end commands which were asked to stop.
var askedFor = []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM}

// isUnexpected reports whether an end needs an explanation.
func (s state) isUnexpected(e exited) bool {
	switch s.phase {
	case hooking:
		return e.killed
	case running:
		return e.code != 0
	case stopping, restarting:
		return e.killed && !s.overdue && !slices.Contains(askedFor, e.signal())
	}
	return false
}

// why logs why the command has ended, if that was not expected. Of the hooks it only logs that memory ran out: who
// kills them by a signal knows it.
func (s state) why(e exited) []action {
	if !s.isUnexpected(e) || s.phase == hooking && e.memory == "" {
		return nil
	}
	who := "the command"
	if s.phase == hooking {
		who = "the BOOT hooks"
	}
	return []action{doSay{e.cause(who)}}
}

// signal is the signal that has killed the process.
func (e exited) signal() unix.Signal { return unix.Signal(e.code - fault.ExitSignal) }

// cause says how the process ended.
func (e exited) cause(who string) string {
	said := fmt.Sprintf("%s exited with code %d", who, e.code)
	if e.killed {
		said = fmt.Sprintf("%s was killed by %s (exit code %d)", who, signalName(e.signal()), e.code)
	}
	switch {
	case e.memory == "":
		return said
	case e.killed && e.signal() == unix.SIGKILL:
		return fmt.Sprintf("the kernel killed %s: out of memory (%s)", who, e.memory)
	}
	return said + "; " + ranOut(e.memory)
}

func signalName(sig unix.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", sig)
}

func ranOut(memory string) string {
	return "the kernel killed a process of this container: out of memory (" + memory + ")"
}
