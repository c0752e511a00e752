// Package supervise is the init of the container. It runs the hooks, asks for a decision, starts the
// command, forwards signals to it, reaps processes, restarts the command on SIGUSR1, stops it within a
// deadline and returns its exit code. Where there is no init, [Exec] becomes the command instead.
//
// A pure function, step, decides what to do. The loop around it only turns system calls into events and
// actions into system calls. Only the loop starts processes and waits for them: a second waiter in the
// process (os/exec, say) would lose its child's status to the loop's wait4(-1), so callers of [Run] must
// not start any.
//
// Signals are received by a handler of our own; see package mailbox.
package supervise

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/task"
)

// Command is a program to start.
type Command struct {
	Path string   // of the file; see [Find] for names without a slash
	Args []string // argv, Args[0] included
	Env  []string // the whole environment, as NAME=value
}

// Decision is what to start.
type Decision struct {
	Command

	// After is work that can wait until the command runs; nil for none. No chore begins before its end.
	After func()
}

// Start is how an init finds out what to run. Its functions run in the background of the loop, but for
// Fail, and the loop waits for none of them longer than it says here.
type Start struct {
	// Hooks returns what runs before the first decision, with the terminal; nil for nothing. It is nil
	// itself where there are never any.
	Hooks func() *Command

	// Decide returns what to start, or why there is nothing; again is true after a command that has
	// ended. Its context ends with Run.
	Decide func(ctx context.Context, again bool) (Decision, error)

	// Fail returns the exit code for an error: Decide's, or a [*fault.Error] for a command that cannot be
	// started. The exit waits until report has told the user, for a second at most.
	Fail func(err error) (code int, report func())

	// Chore is a short process beside the command; nil for none. See Options.ChoreEvery.
	Chore *Command
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

	// ChoreEvery is the longest pause before Start.Chore is run again; each is drawn between half of
	// that and all of it. Zero is never. How the chore ends changes nothing.
	ChoreEvery time.Duration

	// ParentDeath is a signal that we receive when our parent ends; 0 for none.
	ParentDeath unix.Signal

	// CoreLimit is that of the hooks and the command.
	CoreLimit CoreLimit

	// Warn logs a line, which has no newline. It must not block, nor write with os.Stdout or os.Stderr:
	// their write to a pipe that nobody reads any more ends the process.
	Warn func(line string)

	isPID1 bool // so the kernel kills what we leave
}

// mainThread keeps PID 1's main goroutine on the main thread, for good and from the beginning: the
// kernel prefers that thread for signals, so that no other need wake up to handle one while it waits.
var mainThread = lockMainThread()

func lockMainThread() bool {
	if mailbox.AsInit {
		runtime.LockOSThread()
	}
	return mailbox.AsInit
}

// Run runs the container and returns its exit code: the command's own, 128+n if signal n killed it, or
// that of [Start.Fail], replaced as Options.ExitCodes says. Call [Listen] before, from the main thread;
// signals that came since are handled.
func Run(ctx context.Context, start Start, options Options) int {
	if !mainThread {
		runtime.LockOSThread() // PR_SET_PDEATHSIG lasts as long as its thread
	}
	// Open to all signals, whatever our parent blocked.
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil)
	// We only touch a terminal to give it away; that must not stop us.
	_ = setAction(int(unix.SIGTTIN), &sigaction{handler: sigIgn})
	_ = setAction(int(unix.SIGTTOU), &sigaction{handler: sigIgn})

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := newLoop(ctx, start, options)
	spareThreads(ctx, &l.threads)
	if !l.options.isPID1 {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			options.Warn("cannot become a child subreaper: " + err.Error())
		}
	}
	if options.ParentDeath != 0 {
		options.followParent()
	}
	l.run()
	if code, ok := options.ExitCodes[int(l.code)]; ok {
		return code
	}
	return int(l.code)
}

// spareThreads has the runtime start now the threads that it will need: the container may be at its
// limit of processes later, and a Go program that cannot start a thread ends. Two processors bound the
// number of those that run; with only one, every signal would have to get it back first. One waits for
// the network. One more may block on a log that nobody reads, and two on a disk that does not respond.
// When all.Wait returns, all are there.
func spareThreads(ctx context.Context, all *sync.WaitGroup) {
	const processors, waiting, stuck = 2, 1, 3
	const threads = processors + waiting + stuck
	runtime.GOMAXPROCS(processors)
	var held sync.WaitGroup
	held.Add(threads)
	all.Add(1)
	for i := range threads {
		task.Go(ctx, func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			held.Done()
			held.Wait() // so that it takes as many
			if i == 0 {
				awaitThreads()
				all.Done()
			}
		})
	}
}

// followParent arranges for a signal at the end of our parent.
func (o *Options) followParent() {
	parent := unix.Getppid()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(o.ParentDeath), 0, 0, 0); err != nil {
		o.Warn("cannot watch the parent process: " + err.Error())
	}
	if unix.Getppid() != parent { // it ended just before that
		_ = unix.Kill(unix.Getpid(), o.ParentDeath)
	}
}
