package supervise

import (
	"context"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// role is what a signal means to the init.
type role uint8

const (
	roleForward role = iota // goes to the command unchanged
	roleStop                // the same, and starts the shutdown deadline
	roleRestart             // stops the command with SIGTERM, then starts it again
	roleReap                // a child may have ended
	roleIgnore              // would only keep us from the terminal
	roleNone                // cannot be taken, or is not ours to take
)

// roleOf has something to say about a few signals; all others are forwarded.
func roleOf(sig unix.Signal) role {
	switch sig {
	case unix.SIGTERM, unix.SIGINT:
		return roleStop
	case unix.SIGUSR1:
		return roleRestart
	case unix.SIGCHLD:
		return roleReap
	case unix.SIGTTIN, unix.SIGTTOU:
		// A terminal sends them to a process in its background, which we are while the command
		// is in its foreground; ignored, they let us write and set the foreground.
		return roleIgnore
	case unix.SIGKILL, unix.SIGSTOP:
		return roleNone
	case 32, 33: // of the C library's threads; no program uses them otherwise
		return roleNone
	}
	return roleForward
}

// Signals holds the signals received since [Listen] until someone acts on them. There is one per
// process.
type Signals struct {
	taken []unix.Signal
}

// Listen starts to collect the signals an init takes. Call it first thing in main: from then on
// no SIGTERM is lost, and before that a Go program that is PID 1 exits with code 2 on one.
func Listen() *Signals {
	s := &Signals{}
	for sig := unix.Signal(1); sig <= lastSignal; sig++ {
		if roleOf(sig) < roleIgnore {
			box.take(sig)
			s.taken = append(s.taken, sig)
		}
	}
	return s
}

// mark is posted behind the last signal.
const mark = lastSignal + 1

// release stops listening. The mailbox holds what has come until now, and the mark.
func (s *Signals) release() {
	for _, sig := range s.taken {
		if !isRuntimes(sig) {
			_ = setAction(int(sig), &sigaction{})
		}
	}
	// A thread answers this when it has finished the handler that it is in; were the new program
	// executed meanwhile, the signal would be lost. With cgo, that is in tests, it does nothing.
	_, _, _ = syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	box.post(mark)
}

// Stopped is the cause of a context that a signal has ended.
type Stopped struct{ Signal unix.Signal }

func (s *Stopped) Error() string { return "stopped by " + unix.SignalName(s.Signal) }

// ExitCode is the code a shell would report.
func (s *Stopped) ExitCode() int { return CodeSignal + int(s.Signal) }

// Context is for work of PID 1 before it becomes another program by [Exec]: the context ends with a
// [*Stopped] as its cause at the first SIGTERM or SIGINT, one that came before the call included.
// Not to be used together with Run.
//
// Call release right before Exec: it stops listening, for good, and returns the cause if such a
// signal did come. One that comes later meets the new PID 1, which the kernel spares all signals
// that it does not handle.
func (s *Signals) Context(parent context.Context) (ctx context.Context, release func() error) {
	ctx, cancel := context.WithCancelCause(parent)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for {
			for box.waiting() == 0 {
				box.await(time.Time{})
			}
			switch sig, _ := box.next(); {
			case sig == mark:
				return
			case roleOf(sig) == roleStop:
				cancel(&Stopped{Signal: sig})
			}
		}
	}()
	return ctx, sync.OnceValue(func() error {
		s.release()
		<-drained
		return context.Cause(ctx)
	})
}
