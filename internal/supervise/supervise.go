// Package supervise is the init of the container: it starts one command, passes signals on to it,
// reaps whatever dies, restarts it on SIGUSR1, stops it within a deadline and reports its exit code.
// Without an init to be, [Exec] becomes the command instead.
//
// What to do is decided by a pure function, step; the loop around it only turns system calls into
// events and actions into system calls. The loop alone starts and waits for processes: a second
// waiter in the process (os/exec, say) would lose its child's status to the loop's wait4(-1), so
// whoever calls [Run] must start no process of its own.
//
// Signals come in through a handler of our own; see mailbox.
package supervise

import (
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Command is what the init starts, again at every restart.
type Command struct {
	Path    string   // of the file; see [Find] for names without a slash
	Args    []string // argv, Args[0] included
	Restart []string // argv of a start that is not the first; nil means Args
	Chore   []string // argv of a short task beside it, of the same file; see Options.ChoreEvery
	Env     []string // the whole environment, as NAME=value

	// Boots says that the file is our own, and executes another one when it is done. Until then
	// SIGUSR1 has nothing to restart.
	Boots bool
}

// Options is what a deployment can choose about the init.
type Options struct {
	// ShutdownTimeout is how long a command that was asked to stop may take before everything of
	// it is killed. Zero kills right after asking.
	ShutdownTimeout time.Duration

	// LeaderOnly sends signals to the command's first process instead of its whole group.
	LeaderOnly bool

	// Rewrite says what to take a received signal for, 0 to drop it: whatever the other signal
	// does, happens. SIGTERM and SIGINT start the shutdown deadline even so, unless they become
	// SIGUSR1 or are dropped. What SIGTERM becomes also stops the command for a restart.
	Rewrite map[unix.Signal]unix.Signal

	// ExitCodes replaces the command's exit codes.
	ExitCodes map[int]int

	// RestartOnCrash is how many times in a row a command is started again that ended by itself
	// with a code that may be better the next time.
	RestartOnCrash int

	// ChoreEvery is about how often to run Command.Chore: each pause is drawn between half of that
	// and all of it. Zero is never. What becomes of the chore changes nothing.
	ChoreEvery time.Duration

	// Subreaper adopts orphaned descendants although we are not PID 1.
	Subreaper bool

	// ParentDeath is a signal that we receive when our parent ends; 0 for none.
	ParentDeath unix.Signal

	// Warn receives one line, without a newline, for what is worth knowing but no reason to stop.
	// It must not write with os.Stdout or os.Stderr: their write to a pipe that nobody reads any
	// more ends the process.
	Warn func(line string)
}

// Run starts the command and stays until it has ended; the result is the exit code to leave with.
// That is the command's own, 128+n if signal n killed it, or what Options.ExitCodes makes of it.
// The error is a [*StartError], with its exit code, if the command could not be started; nothing
// that happens later is an error.
//
// Signals received since [Listen], whose result it takes, but before the start are applied right
// after it.
func Run(_ *Signals, command Command, options Options) (int, error) {
	// For good: the kernel prefers the first thread for signals, so that no other need wake up to
	// handle one while this one waits for it. And PR_SET_PDEATHSIG lasts as long as its thread.
	runtime.LockOSThread()
	// Open to all signals, whatever our parent blocked.
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil)
	// We only touch a terminal to give it away; that must not stop us.
	_ = setAction(int(unix.SIGTTIN), &sigaction{handler: sigIgn})
	_ = setAction(int(unix.SIGTTOU), &sigaction{handler: sigIgn})

	spareThreads()

	l := newLoop(command, options)
	if options.Subreaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			l.warn("cannot become a child subreaper: " + err.Error())
		}
	}
	if options.ParentDeath != 0 {
		l.followParent(options.ParentDeath)
	}
	l.run()
	if code, ok := options.ExitCodes[l.code]; ok {
		return code, l.err
	}
	return l.code, l.err
}

// spareThreads has the runtime start now what threads it will need: the container may be at its
// limit later, and a Go program that cannot start a thread ends. Two processors bound their number;
// with only one, every signal would have to get it back first.
func spareThreads() {
	const processors = 2
	runtime.GOMAXPROCS(processors)
	var busy sync.WaitGroup
	busy.Add(processors + 1)
	for range processors + 1 {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			busy.Done()
			busy.Wait() // so that it takes as many
		}()
	}
	busy.Wait()
}

// followParent arranges for a signal at the end of our parent.
func (l *loop) followParent(sig unix.Signal) {
	parent := unix.Getppid()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(sig), 0, 0, 0); err != nil {
		l.warn("cannot follow the parent process: " + err.Error())
	}
	if unix.Getppid() != parent { // it ended just before that
		_ = unix.Kill(unix.Getpid(), sig)
	}
}
