package supervise

import (
	"runtime"

	"golang.org/x/sys/unix"
)

const stdin = 0

// terminal remembers whether we gave away the foreground of the terminal on standard input.
type terminal struct {
	given bool
}

// give reports whether the command is to become the terminal's foreground group: it must, or its
// first read would stop it, if the foreground is ours to give. Asking fails unless standard input
// is our controlling terminal.
func (t *terminal) give() bool {
	foreground, err := unix.IoctlGetInt(stdin, unix.TIOCGPGRP)
	if err != nil {
		return false // also at a restart after the terminal hung up
	}
	// Not when someone started us in the background: the terminal is not ours then.
	t.given = t.given || foreground == unix.Getpgrp()
	return t.given
}

// takeBack makes our own group the foreground group again, for whoever waits for us.
func (t *terminal) takeBack() {
	if !t.given {
		return
	}
	// A background process that changes the foreground is stopped by SIGTTOU, unless it blocks it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var ttou, mask unix.Sigset_t
	ttou.Val[0] = 1 << (unix.SIGTTOU - 1)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &ttou, &mask)
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &mask, nil) }()

	// Fails if the terminal is gone, or our group is invisible from this PID namespace.
	_ = unix.IoctlSetPointerInt(stdin, unix.TIOCSPGRP, unix.Getpgrp())
}
