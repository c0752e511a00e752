// Package netns makes network namespaces for tests, and works inside them.
package netns

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// current is the network namespace of the calling thread.
const current = "/proc/thread-self/ns/net"

// Namespace is a network namespace. It ends with the test, as soon as nothing in it runs.
type Namespace struct{ file *os.File }

// New makes a namespace. All that is in it is a loopback device that is down.
func New(t *testing.T) (made Namespace) {
	t.Helper()
	err := onThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			made.file, err = os.Open(current)
		}
		return err
	})
	if err != nil {
		t.Fatalf("cannot make a network namespace: %v", err)
	}
	t.Cleanup(func() { made.file.Close() })
	return made
}

// Inside runs f in the namespace: sockets that it makes and processes that it starts stay there.
func (n Namespace) Inside(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// onThread runs f on a thread that may change its namespace, and brings the thread back to where it was.
func onThread(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(current)
	if err != nil {
		return err
	}
	defer home.Close()
	err = f()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return back // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}
