package supervise

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// forward sends a signal to the command.
func (l *loop) forward(sig unix.Signal) {
	switch sig {
	case unix.SIGTSTP:
		l.suspendedByUs = true
	case unix.SIGCONT:
		l.suspendedByUs = false
		if l.group != 0 {
			l.terminal.offer(l.group) // a shell that brings us to the foreground means the command
		}
	}
	var err error
	leaderOnly := l.options.LeaderOnly && (sig != unix.SIGCONT || !l.terminal.given) // which has stopped all
	if !leaderOnly {
		if l.group != 0 { // 0 would be our own
			err = unix.Kill(-l.group, sig)
		}
		if l.hooksGroup != 0 { // what they have left running; if it is gone now, so is the error
			_ = unix.Kill(-l.hooksGroup, sig)
		}
	}
	if group, _ := unix.Getpgid(l.child); l.child != 0 && (leaderOnly || group != l.group) {
		err = unix.Kill(l.child, sig)
	}
	// ESRCH: all have ended already. Right after the command was reaped its number cannot mean
	// another group yet, the kernel goes once round all numbers before it gives one out again.
	if err != nil && err != unix.ESRCH {
		l.options.Warn("cannot send signal " + strconv.Itoa(int(sig)) + " to the command: " + err.Error())
	}
}

// kill ends everything we can see of the command: its group, and whatever descends from us. That
// includes what left the group, and what somebody brought into the container and orphaned. We look for
// the latter only if the kernel says that there is anybody.
func (l *loop) kill() {
	for _, group := range []int{l.group, l.hooksGroup, l.chore} {
		if group != 0 {
			_ = unix.Kill(-group, unix.SIGKILL)
		}
	}
	if l.child != 0 {
		_ = unix.Kill(l.child, unix.SIGKILL)
	}
	if unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) != unix.ECHILD {
		descendants(func(pid int) { _ = unix.Kill(pid, unix.SIGKILL) })
	}
}

// suspendWith does what the terminal wants of a command that it suspended. Was it in the background by
// mistake, it gets the foreground. Is there a shell that could continue us, we stop with it.
// Otherwise nobody could ever continue it: it goes on.
func (l *loop) suspendWith(sig unix.Signal) {
	if _, err := foreground(); err != nil {
		return // so no terminal suspended it
	}
	if l.options.isPID1 && l.suspendedByUs {
		return // it was somebody else's wish, who will continue it
	}
	if sig != unix.SIGTSTP && l.terminal.offer(l.group) {
		l.forward(unix.SIGCONT)
		return
	}
	if !suspendSelf(sig) && sig == unix.SIGTSTP && !l.suspendedByUs {
		l.forward(unix.SIGCONT)
	}
}

// suspendSelf suspends this process as sig does by default, and reports whether that was so. The kernel
// refuses where nobody is there to continue us: for PID 1, and for a group without a shell.
// Whoever continued us did it with SIGCONT, which is waiting then.
func suspendSelf(sig unix.Signal) bool {
	var action sigaction
	if getAction(int(sig), &action) != nil || setAction(int(sig), &sigaction{}) != nil {
		return false
	}
	if !inbox.holds(unix.SIGCONT) { // else it is over already
		_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), sig) // to this thread: it takes effect right here
	}
	_ = setAction(int(sig), &action)
	return inbox.holds(unix.SIGCONT)
}
