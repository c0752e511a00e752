// Package supervise is the init of the container: it starts one command, passes signals on to it,
// reaps whatever dies, restarts it on SIGUSR1, stops it within a deadline and reports its exit code.
// Without an init to be, [Exec] becomes the command instead.
//
// What to do is decided by a pure function, step; the loop around it only turns system calls into
// events and actions into system calls. The loop alone starts and waits for processes: a second
// waiter in the process (os/exec, say) would lose its child's status to the loop's wait4(-1), so
// whoever calls [Run] must start no process of its own.
package supervise

import (
	"time"

	"golang.org/x/sys/unix"
)

// Command is what the init starts, again at every restart.
type Command struct {
	Path    string   // of the file; see [Find] for names without a slash
	Args    []string // argv, Args[0] included
	Restart []string // argv of a start after SIGUSR1; nil means Args
	Env     []string // the whole environment, as NAME=value
}

// Options is what a deployment can choose about the init.
type Options struct {
	// ShutdownTimeout is how long a command that was asked to stop may take before its whole
	// process group is killed. Zero kills right after asking.
	ShutdownTimeout time.Duration

	// Subreaper adopts orphaned descendants although we are not PID 1.
	Subreaper bool

	// Warn receives one line, without a newline, for what is worth knowing but no reason to stop.
	Warn func(line string)
}

// Run starts the command and stays until it has ended; the result is the exit code to leave with.
// That is the command's own, 128+n if signal n killed it. The error is a [*StartError], with its
// exit code, if the command could not be started; nothing that happens later is an error.
//
// Signals received since [Listen] but before the start are applied right after it.
func Run(signals *Signals, command Command, options Options) (int, error) {
	l := newLoop(signals, command, options)
	if options.Subreaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			l.warn("cannot become a child subreaper: " + err.Error())
		}
	}
	l.run()
	return l.code, l.err
}
