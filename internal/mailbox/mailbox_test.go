package mailbox

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTakesAllButWhatIsNotOurs(t *testing.T) {
	left := map[uint32]bool{0: true, 9: true, 19: true, 21: true, 22: true, 32: true, 33: true, Last + 1: true}
	for sig := range uint32(Last + 2) {
		if Takes(sig) == left[sig] {
			t.Errorf("Takes(%d) = %t", sig, Takes(sig))
		}
	}
}

func TestOnlyPID1TakesSignalsUnasked(t *testing.T) {
	if want := os.Getpid() == 1; IsPID1 != want {
		t.Errorf("IsPID1 is %t, and it is PID %d", IsPID1, os.Getpid())
	}
}

// send has this thread handle a signal before it returns.
func send(t *testing.T, sig uint32) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.Signal(sig)); err != nil {
		t.Fatal(err)
	}
}

// empty takes everything out of the mailbox, which is that of process self.
func empty(self int) { Signals = Queue{self: uint32(self), previous: Signals.previous} }

func TestASignalIsListedOnceAndCountedEachTime(t *testing.T) {
	empty(os.Getpid())
	for _, sig := range []uint32{50, 51} {
		take(sig)
		send(t, sig)
	}
	send(t, 50)
	for i, sig := range []uint32{50, 51, 0} {
		if got := atomic.LoadUint32(&Signals.Ring[i]); got != sig {
			t.Errorf("number %d is signal %d, want %d", i, got, sig)
		}
	}
	if n := atomic.LoadUint32(&Signals.Tail); n != 2 {
		t.Errorf("%d are listed", n)
	}
	if a, b := atomic.LoadUint32(&Signals.Count[50]), atomic.LoadUint32(&Signals.Count[51]); a != 2 || b != 1 {
		t.Errorf("they came %d times and %d times", a, b)
	}
}

// A child shares our memory until it has executed its program.
func TestASignalToAProcessThatSharesOurMemoryIsNotOurs(t *testing.T) {
	empty(os.Getpid() + 1)
	defer empty(os.Getpid())
	take(52)
	send(t, 52)
	if n := atomic.LoadUint32(&Signals.Count[52]); n != 0 || atomic.LoadUint32(&Signals.Tail) != 0 {
		t.Errorf("it is here, %d times", n)
	}
}

func TestTakingASignalAgainForgetsNoHandlerOfTheRuntime(t *testing.T) {
	receive, _ := addresses()
	take(uint32(unix.SIGURG))
	of := Signals.previous[unix.SIGURG]
	take(uint32(unix.SIGURG))
	if again := Signals.previous[unix.SIGURG]; of == 0 || of == receive || again != of {
		t.Errorf("the runtime's is %#x, then %#x; ours is %#x", of, again, receive)
	}
}
