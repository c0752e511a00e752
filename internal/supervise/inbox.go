package supervise

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/mailbox"
)

// Marks stand in the mailbox between signals: something of our own has happened.
const (
	markDone     = mailbox.Last + 1 + iota // work in the background has ended
	markReleased                           // no further signal will come
)

// reader reads the mailbox.
type reader struct{ head uint32 } // tickets taken

// inbox is the only one: a global as [mailbox.Signals] is, of which it is a part.
var inbox reader

// shortWait is how long await holds on to its processor. A wait by way of Go's scheduler costs three
// times the wake-up itself, and what wakes an init comes in bursts; 2 ms save most of it.
const shortWait = 2 * time.Millisecond

// await waits until there is a signal, or until the deadline, if there is one. With hold it keeps its
// processor for a moment, which would hold up a collection of garbage: not while others work.
func (r *reader) await(deadline time.Time, hold bool) {
	if hold && r.waiting() == 0 {
		r.sleep(true, min(shortWait, until(deadline)))
	}
	if r.waiting() == 0 && !hasCome(deadline) {
		r.sleep(false, until(deadline))
	}
}

// until is what is left until a deadline, which may be over at any moment; without one it is endless.
func until(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return math.MaxInt64
	}
	return max(0, time.Until(deadline))
}

// sleep waits for the next ticket, within a limit. The kernel compares once more: a signal between our
// look and the system call ends the wait.
func (r *reader) sleep(hold bool, limit time.Duration) {
	const waitPrivate = 0 | 128 // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
	timeout, head := unix.NsecToTimespec(int64(limit)), uintptr(r.head)
	if hold {
		_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&mailbox.Signals.Tail)), waitPrivate,
			head, uintptr(unsafe.Pointer(&timeout)), 0, 0)
		return
	}
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&mailbox.Signals.Tail)), waitPrivate,
		head, uintptr(unsafe.Pointer(&timeout)), 0, 0)
}

// waiting is the number of signals and marks to get without waiting.
func (r *reader) waiting() uint32 { return atomic.LoadUint32(&mailbox.Signals.Tail) - r.head }

// next takes out the next signal or mark, of which one must be waiting, and how often it came.
func (r *reader) next() (unix.Signal, uint32) {
	slot := &mailbox.Signals.Ring[r.head%mailbox.Size]
	sig := atomic.SwapUint32(slot, 0)
	for ; sig == 0; sig = atomic.SwapUint32(slot, 0) {
		runtime.Gosched() // its handler, on another thread, is between two instructions
	}
	r.head++
	if sig > lastSignal {
		return unix.Signal(sig), 1
	}
	// In this order: what comes in between is counted here and finds nothing left in its turn.
	atomic.StoreUint32(&mailbox.Signals.Queued[sig], 0)
	return unix.Signal(sig), atomic.SwapUint32(&mailbox.Signals.Count[sig], 0)
}

// putBack puts a signal that came so many times behind those that are waiting.
func (r *reader) putBack(sig unix.Signal, times uint32) {
	atomic.AddUint32(&mailbox.Signals.Count[sig], times)
	if atomic.SwapUint32(&mailbox.Signals.Queued[sig], 1) == 0 {
		r.list(uint32(sig))
	}
}

// list gives the next ticket to a signal or a mark.
func (r *reader) list(what uint32) {
	ticket := atomic.AddUint32(&mailbox.Signals.Tail, 1) - 1
	atomic.StoreUint32(&mailbox.Signals.Ring[ticket%mailbox.Size], what)
}

// holds reports whether sig is waiting.
func (r *reader) holds(sig unix.Signal) bool {
	return atomic.LoadUint32(&mailbox.Signals.Count[sig]) > 0
}

// drop takes a signal out before its turn, and reports whether it was waiting.
func (r *reader) drop(sig unix.Signal) bool {
	return atomic.SwapUint32(&mailbox.Signals.Count[sig], 0) > 0
}

// post puts a mark behind what has come, and wakes the reader.
func (r *reader) post(mark uint32) {
	r.list(mark)
	const wakePrivate = 1 | 128 // FUTEX_WAKE | FUTEX_PRIVATE_FLAG
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&mailbox.Signals.Tail)), wakePrivate, 1, 0, 0, 0)
}

func hasCome(moment time.Time) bool { return !moment.IsZero() && !time.Now().Before(moment) }
