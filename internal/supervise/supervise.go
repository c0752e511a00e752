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

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/task"
)

// mainThread keeps PID 1's main goroutine on the main thread, for good and from the beginning: the
// kernel prefers that thread for signals, so that no other need wake up to handle one while it waits.
var mainThread = lockMainThread()

func lockMainThread() bool {
	if mailbox.IsPID1 {
		runtime.LockOSThread()
	}
	return mailbox.IsPID1
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
	if code, ok := options.ExitCodes[int(l.state.code)]; ok {
		return code
	}
	return int(l.state.code)
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
