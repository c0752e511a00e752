package supervise

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/mailbox"
)

// lastSignal is the last one there is.
const lastSignal = mailbox.Last

const sigIgn = 1 // SIG_IGN

// sigaction is the kernel's struct of that name on amd64 and arm64. Zero is SIG_DFL without flags.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// plainSignals gives the calling thread an empty signal mask, and the default action to all signals
// that are ignored, so that a program executed next starts with neither: what we or Go handle
// becomes the default then anyway. The result puts both back; the caller is locked to the thread
// until then.
//
// The raw system call, because os/signal can neither find out about an inherited SIG_IGN nor undo
// it. The runtime need not know: it has no handler for a signal that is ignored.
func plainSignals() (undo func()) {
	var ignored []int
	for sig := 1; sig <= lastSignal; sig++ {
		var action sigaction
		if getAction(sig, &action) == nil && action.handler == sigIgn && setAction(sig, &sigaction{}) == nil {
			ignored = append(ignored, sig)
		}
	}
	var mask unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, &mask) // cannot fail with these arguments

	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &mask, nil)
		for _, sig := range ignored {
			_ = setAction(sig, &sigaction{handler: sigIgn})
		}
	}
}

func getAction(sig int, action *sigaction) error { return rtSigaction(sig, nil, action) }
func setAction(sig int, action *sigaction) error { return rtSigaction(sig, action, nil) }

func rtSigaction(sig int, action, old *sigaction) error {
	const sigsetSize = lastSignal / 8
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), sigsetSize, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
