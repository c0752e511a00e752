package supervise

import (
	"context"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/task"
)

// isStop reports whether a signal goes to the command and starts the shutdown deadline.
func isStop(sig unix.Signal) bool { return sig == unix.SIGTERM || sig == unix.SIGINT }

// isForwarded reports whether a signal goes to the command, and that is all: it is one that we can take, and it
// is no request to stop or to restart, nor news of a child.
func isForwarded(sig unix.Signal) bool {
	return mailbox.Takes(uint32(sig)) && !isStop(sig) && sig != unix.SIGUSR1 && sig != unix.SIGCHLD
}

// Listen starts to collect the signals an init takes, from then on no SIGTERM is lost. In PID 1 it has
// happened before the first line of main.
func Listen() {
	if !mailbox.IsPID1 {
		mailbox.TakeAll()
	}
}

// release stops listening. The mailbox holds what has come until now, and a mark.
func release(stuck bool) {
	for sig := unix.Signal(1); sig <= lastSignal; sig++ {
		if mailbox.Takes(uint32(sig)) && !mailbox.OfRuntime(uint32(sig)) {
			_ = setAction(int(sig), &sigaction{})
		}
	}
	// A thread answers this when it has finished the handler that it is in; were the new program
	// executed meanwhile, the signal would be lost. With cgo, that is in tests, it does nothing. A thread
	// that is stuck in the kernel would never answer.
	if !stuck {
		_, _, _ = syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	}
	inbox.post(markReleased)
}

// Stopped is the cause of a context that a signal has ended.
type Stopped struct{ Signal unix.Signal }

func (s *Stopped) Error() string { return "stopped by " + unix.SignalName(s.Signal) }

// ExitCode is the code a shell would report.
func (s *Stopped) ExitCode() int { return fault.ExitSignal + int(s.Signal) }

// Context is for work of a process that listens and is no init: the context ends with a [*Stopped] as
// its cause at the first SIGTERM or SIGINT, one that came before the call included. Not to be used
// together with Run.
//
// Before [Exec], call free, once: it stops listening, for good, and returns the cause if such a signal did
// come. One that comes later meets the new PID 1, which the kernel spares all signals that it does not
// handle. If a thread may be stuck in a system call that only SIGKILL ends, on a dead disk for example,
// free has to know.
func Context(parent context.Context) (ctx context.Context, free func(stuck bool) error) {
	ctx, cancel := context.WithCancelCause(parent)
	drained := make(chan struct{})
	task.Go(ctx, func() {
		defer close(drained)
		for {
			for inbox.waiting() == 0 {
				inbox.await(time.Time{}, false)
			}
			switch sig, _ := inbox.next(); {
			case sig == markReleased:
				return
			case isStop(sig):
				cancel(&Stopped{Signal: sig})
			}
		}
	})
	return ctx, func(stuck bool) error {
		release(stuck)
		<-drained
		return context.Cause(ctx)
	}
}
