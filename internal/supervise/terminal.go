package supervise

import "golang.org/x/sys/unix"

const stdin = 0

// terminal remembers whether we gave away the foreground of the terminal on standard input. We
// ignore SIGTTOU, or giving it would stop us while we are in the background ourselves.
type terminal struct {
	given bool
}

// foreground is the group in the foreground. Asking fails unless standard input is our controlling
// terminal, also after it hung up.
func foreground() (group int, err error) { return unix.IoctlGetInt(stdin, unix.TIOCGPGRP) }

// give reports whether the command is to become the terminal's foreground group: it must, or its
// first read would stop it, if the foreground is ours to give.
func (t *terminal) give() bool {
	group, err := foreground()
	if err != nil {
		return false
	}
	// Not when someone started us in the background: the terminal is not ours then.
	t.given = t.given || group == unix.Getpgrp()
	return t.given
}

// offer makes a group the foreground group if the foreground is ours, or of nobody after it was
// ours, and reports whether that was so.
func (t *terminal) offer(to int) bool {
	group, err := foreground()
	if err != nil {
		return false
	}
	if group != unix.Getpgrp() && (!t.given || !isGone(group)) {
		return false
	}
	t.given = true
	return unix.IoctlSetPointerInt(stdin, unix.TIOCSPGRP, to) == nil
}

// isGone reports whether a group is empty. 0 is one that cannot be seen from our PID namespace.
func isGone(group int) bool { return group > 1 && unix.Kill(-group, 0) == unix.ESRCH }

// takeBack makes our own group the foreground group again, for whoever waits for us.
func (t *terminal) takeBack() {
	if t.given {
		// Fails if the terminal is gone, or our group is invisible from this PID namespace.
		_ = unix.IoctlSetPointerInt(stdin, unix.TIOCSPGRP, unix.Getpgrp())
	}
}
