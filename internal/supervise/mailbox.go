package supervise

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mailbox takes signals from the kernel and keeps them until someone looks. Its handler, receive,
// is assembly (mailbox_*.s), because os/signal falls short of an init in four ways: taking a signal
// costs 35 µs of every start (here: one system call), delivering one wakes two threads, real-time
// signals coalesce, and SIGURG, SIGPROF and the fault signals cannot be taken at all without losing
// the runtime's own.
//
// Like the kernel it remembers each signal by itself: a storm of one kind coalesces and leaves room
// for every other. Signals come out in the order in which they came in; of two within microseconds a
// second thread may take the second, and be faster.
type mailbox struct {
	tail   uint32                  // tickets given out; the futex to wait on
	self   uint32                  // our process ID
	ring   [ringSize]uint32        // signals in the order of their tickets, 0: not there yet
	listed [lastSignal + 1]uint32  // 1 for a signal that is in the ring
	count  [lastSignal + 1]uint32  // how often it came since it was taken out last
	before [lastSignal + 1]uintptr // the runtime's handler, for what is none of ours
	head   uint32                  // tickets taken; the reader's
}

// ringSize is more than there are signals, and each is in the ring at most once.
const ringSize = 128

// box is a global, for the reason that a signal handler is one: there is one per process.
var box mailbox

// addresses returns those of the handler and of what the kernel lets it return to.
func addresses() (receive, restorer uintptr)

// take makes box receive a signal.
func (m *mailbox) take(sig unix.Signal) {
	receive, restorer := addresses()
	if isRuntimes(sig) {
		var action sigaction
		_ = getAction(int(sig), &action)
		m.before[sig] = action.handler
	}
	m.self = uint32(unix.Getpid())
	_ = setAction(int(sig), &sigaction{
		handler: receive, restorer: restorer, mask: ^uint64(0),
		flags: saSiginfo | saRestorer | saOnStack | saRestart,
	})
}

// isRuntimes tells whether sig means something to the Go runtime when it was not sent by a process:
// a fault of ours, preemption, profiling. Then the runtime's handler gets it.
func isRuntimes(sig unix.Signal) bool {
	switch sig {
	case unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS, unix.SIGURG, unix.SIGPROF:
		return true
	}
	return false
}

// await waits until there is a signal, or until the deadline, if there is one.
func (m *mailbox) await(deadline time.Time) {
	if m.waiting() > 0 {
		return
	}
	var limit *unix.Timespec
	if !deadline.IsZero() {
		left := unix.NsecToTimespec(max(0, int64(time.Until(deadline))))
		limit = &left
	}
	// The kernel compares once more: a signal between our look and the system call ends the wait.
	const waitPrivate = 0 | 128 // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&m.tail)), waitPrivate,
		uintptr(m.head), uintptr(unsafe.Pointer(limit)), 0, 0)
}

// waiting is the number of signals to get without waiting.
func (m *mailbox) waiting() uint32 { return atomic.LoadUint32(&m.tail) - m.head }

// next takes out the next signal, of which one must be waiting, and how often it came.
func (m *mailbox) next() (unix.Signal, uint32) {
	slot := &m.ring[m.head%ringSize]
	sig := atomic.SwapUint32(slot, 0)
	for ; sig == 0; sig = atomic.SwapUint32(slot, 0) {
		runtime.Gosched() // its handler, on another thread, is between two instructions
	}
	m.head++
	if sig > lastSignal {
		return unix.Signal(sig), 1
	}
	// In this order: what comes in between is counted here and finds nothing left in its turn.
	atomic.StoreUint32(&m.listed[sig], 0)
	return unix.Signal(sig), atomic.SwapUint32(&m.count[sig], 0)
}

// putBack puts a signal that came so many times behind those that are waiting.
func (m *mailbox) putBack(sig unix.Signal, times uint32) {
	atomic.AddUint32(&m.count[sig], times)
	if atomic.SwapUint32(&m.listed[sig], 1) == 0 {
		m.list(uint32(sig))
	}
}

// list gives the next ticket to a signal or a mark.
func (m *mailbox) list(what uint32) {
	ticket := atomic.AddUint32(&m.tail, 1) - 1
	atomic.StoreUint32(&m.ring[ticket%ringSize], what)
}

// holds tells whether sig is waiting.
func (m *mailbox) holds(sig unix.Signal) bool { return atomic.LoadUint32(&m.count[sig]) > 0 }

// post puts something that is no signal behind those that have come, and wakes the reader.
func (m *mailbox) post(mark uint32) {
	m.list(mark)
	const wakePrivate = 1 | 128 // FUTEX_WAKE | FUTEX_PRIVATE_FLAG
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&m.tail)), wakePrivate, 1, 0, 0, 0)
}
