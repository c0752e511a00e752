// Package mailbox takes signals from the kernel and keeps them until someone looks. Its handler,
// receive, is assembly (mailbox_*.s), because os/signal falls short of an init in four ways: taking a
// signal costs 35 µs of every start (here: one system call), delivering one wakes two threads,
// real-time signals coalesce, and SIGURG, SIGPROF and the fault signals cannot be taken at all
// without losing the runtime's own.
//
// A Go program that is PID 1 ends with exit code 2 at a SIGTERM that comes before a handler of its
// own is set. Two things are done about that.
//
// This package takes the signals in the initializer of a variable, and imports nothing but unsafe: the
// linker has such a package initialized as soon as the runtime is, before errors and sync.
//
// That leaves the time in which the runtime starts. A program that is linked with -E _rt0_entrypoint
// (see the Makefile; it runs without it, too) begins in start_*.s, not in the runtime. There, SIGTERM,
// SIGINT, SIGHUP and SIGQUIT get a handler that ends PID 1 with 128+n, as they do while it decides.
// The runtime puts its own in that place, but of all but SIGQUIT it calls the one that it has found
// before it exits with 2.
package mailbox

import "unsafe"

const (
	// Last is the last signal: _NSIG, and the bits of the kernel's sigset_t.
	Last = 64
	// Size of the ring: more than there are signals, and each is in it at most once. A power of two.
	Size = 128
)

// Queue holds signals. Like the kernel it remembers each by itself: a storm of one kind coalesces and
// leaves room for every other. They come out in the order in which they came in; of two within
// microseconds a second thread may take the second, and be faster.
//
// The handler writes to it at any moment and on any thread, so that all access is atomic.
type Queue struct {
	Tail     uint32           // tickets given out; the futex to wait on
	self     uint32           // our process ID
	Ring     [Size]uint32     // signals in the order of their tickets, 0: not there yet
	Queued   [Last + 1]uint32 // 1 for a signal that is in the ring
	Count    [Last + 1]uint32 // how often it came since it was taken out last
	previous [Last + 1]uintptr
}

// Signals is the process's own: a global, for the reason that a signal handler is one.
var Signals Queue

// IsPID1 reports that we are PID 1, and so took all signals before the first line of main.
var IsPID1 = takeAsPID1()

// Takes reports whether a signal can be taken and is ours to take: not what no process handles, what
// a terminal sends to a process in its background, or what the C library keeps for its threads.
func Takes(sig uint32) bool {
	const kill, stop, ttin, ttou, ofThreads, ofThreadsToo = 9, 19, 21, 22, 32, 33
	switch sig {
	case 0, kill, stop, ttin, ttou, ofThreads, ofThreadsToo:
		return false
	}
	return sig <= Last
}

// The signals that ask a program to end: they come first here, and start_*.s ends PID 1 with them.
const hangup, interrupt, quit, terminate = 1, 2, 3, 15

// TakeAll takes every signal that it can; for one that is taken already it changes nothing.
func TakeAll() {
	Signals.self = uint32(syscall4(sysGetpid, 0, 0, 0, 0))
	for _, sig := range [...]uint32{terminate, interrupt, quit, hangup} {
		take(sig)
	}
	for sig := range uint32(Last + 1) {
		if Takes(sig) {
			take(sig)
		}
	}
}

// OfRuntime reports whether a signal means something to the Go runtime when it was not sent by a
// process: a fault of ours, preemption, profiling. Then the runtime's handler gets it.
func OfRuntime(sig uint32) bool {
	const illegal, trap, bus, float, segment, urgent, profile, system = 4, 5, 7, 8, 11, 23, 27, 31
	switch sig {
	case illegal, trap, bus, float, segment, urgent, profile, system:
		return true
	}
	return false
}

func takeAsPID1() bool {
	if syscall4(sysGetpid, 0, 0, 0, 0) != 1 {
		return false
	}
	TakeAll()
	return true
}

// action is the kernel's struct sigaction on amd64 and arm64.
type action struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const (
	withInfo     = 0x4        // SA_SIGINFO
	withRestorer = 0x04000000 // SA_RESTORER
	onStack      = 0x08000000 // SA_ONSTACK: Go's stacks are too small, each thread has one for signals
	restart      = 0x10000000 // SA_RESTART: the other threads' system calls go on
)

func take(sig uint32) {
	receive, restorer := addresses()
	if OfRuntime(sig) {
		var found action
		sigaction(sig, nil, &found)
		if found.handler == receive {
			return
		}
		Signals.previous[sig] = found.handler
	}
	flags := uintptr(withInfo | withRestorer | onStack | restart)
	sigaction(sig, &action{receive, flags, restorer, ^uint64(0)}, nil)
}

// sigaction cannot fail for a signal that Takes allows.
func sigaction(sig uint32, set, found *action) {
	syscall4(sysSigaction, uintptr(sig), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(found)), Last/8)
}

// addresses returns those of the handler and of what the kernel lets it return to.
func addresses() (receive, restorer uintptr)

// syscall4 is the bare instruction, for calls that do not wait.
//
//go:noescape
func syscall4(number, a, b, c, d uintptr) (result uintptr)
