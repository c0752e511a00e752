package supervise

import (
	"context"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// role is what a signal means to the init.
type role uint8

const (
	roleForward role = iota // goes to the whole group unchanged
	roleStop                // the same, and starts the shutdown deadline
	roleRestart             // stops the command with SIGTERM, then starts it again
	roleReap                // a child may have ended
	roleSwallow             // must not end us, and is not the command's business
)

// signalTable has a row for every signal the init takes; it ignores or dies of the others as any
// Go program. Each row costs about 35 µs at every start (os/signal hands it to a thread), and
// every row waits for those above it, hence the order.
//
// Never here: SIGURG, which the Go runtime sends to itself all the time; SIGPROF, which it keeps;
// SIGTTIN and SIGTTOU, which concern our own terminal access only; and the fault signals, because
// a fault of ours must end us.
var signalTable = []struct {
	signal unix.Signal
	role   role
}{
	{unix.SIGTERM, roleStop},
	{unix.SIGINT, roleStop},
	{unix.SIGUSR1, roleRestart},
	{unix.SIGCHLD, roleReap},
	{unix.SIGHUP, roleForward},
	{unix.SIGQUIT, roleForward},
	{unix.SIGUSR2, roleForward},
	{unix.SIGALRM, roleForward},
	{unix.SIGCONT, roleForward},
	{unix.SIGTSTP, roleForward},
	{unix.SIGWINCH, roleForward},
	// A Go program dies of a write to a closed stderr unless it takes SIGPIPE. Such a signal
	// cannot be told from one that was sent to us, so none is forwarded.
	{unix.SIGPIPE, roleSwallow},
}

// roleOf returns what sig means; a signal without a row would simply be forwarded.
func roleOf(sig unix.Signal) role {
	for _, row := range signalTable {
		if row.signal == sig {
			return row.role
		}
	}
	return roleForward
}

// Signals holds the signals received since [Listen] until someone acts on them.
//
// Like the kernel it remembers each signal by itself, once: a storm of one kind makes that kind
// coalesce and leaves room for every other, which one common queue, however roomy, would not.
type Signals struct {
	received chan unix.Signal
	signals  []unix.Signal
	slots    []chan os.Signal // one per signal
	relays   sync.WaitGroup
}

// Listen starts to collect the signals an init takes. Call it first thing in main: from then on
// no SIGTERM is lost, and before that a Go program that is PID 1 exits with code 2 on one.
func Listen() *Signals {
	return listen(func(role) bool { return true })
}

// ListenStop is [Listen] for a process that is no init: it collects only SIGTERM and SIGINT, which
// saves the time that taking the others costs, and is not ended by a closed stderr.
func ListenStop() *Signals {
	return listen(func(r role) bool { return r == roleStop || r == roleSwallow })
}

func listen(wanted func(role) bool) *Signals {
	s := &Signals{received: make(chan unix.Signal)}
	for _, row := range signalTable {
		if !wanted(row.role) {
			continue
		}
		slot := make(chan os.Signal, 1)
		signal.Notify(slot, row.signal)
		s.signals, s.slots = append(s.signals, row.signal), append(s.slots, slot)
		s.relays.Go(func() {
			for range slot {
				s.received <- row.signal
			}
		})
	}
	return s
}

// release stops listening and closes received after what has come until now.
func (s *Signals) release() {
	// First, and behind the runtime's back: from here on the kernel itself decides, and a handler
	// that is running now has the time that the rest takes to end. Were the new program executed
	// under a running handler, its signal would be lost.
	for _, sig := range s.signals {
		_ = setAction(int(sig), &sigaction{})
	}
	for _, slot := range s.slots {
		signal.Stop(slot) // nothing is on its way to the slot any more when this returns
		close(slot)
	}
	s.relays.Wait()
	close(s.received)
}

// Stopped is the cause of a context that a signal has ended.
type Stopped struct{ Signal unix.Signal }

func (s *Stopped) Error() string { return "stopped by " + unix.SignalName(s.Signal) }

// ExitCode is the code a shell would report.
func (s *Stopped) ExitCode() int { return CodeSignal + int(s.Signal) }

// Context is for work that runs without an init: the context ends with a [*Stopped] as its cause
// at the first SIGTERM or SIGINT, one that came before the call included. Not to be used together
// with Run.
//
// Call release right before [Exec]: it stops listening, for good, and returns the cause if such a
// signal did come; later ones have their default action. So none is lost between the last look at
// the context and the new program.
func (s *Signals) Context(parent context.Context) (ctx context.Context, release func() error) {
	ctx, cancel := context.WithCancelCause(parent)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for sig := range s.received {
			if roleOf(sig) == roleStop {
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
