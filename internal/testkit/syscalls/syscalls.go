// Package syscalls lets a test decide about system calls of a real program while it runs: they
// fail, take as long as the test wants, or pass. Nothing of it is part of the product.
//
// The kernel asks (seccomp user notification), so the program is the one that is released. What is
// not asked for runs at full speed.
package syscalls

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Continue is the decision to pass a call on to the kernel.
const Continue unix.Errno = 0

// Decision decides about one call, for as long as it likes: the caller hangs in the kernel until it
// returns, and only SIGKILL reaches it. Decisions about different calls run side by side. A
// decision that waits uses [Call.Hold] or [Call.Delay], which end with the test.
type Decision func(*Call) unix.Errno

// Call is a system call that waits for a decision.
type Call struct {
	// PID and TID are the caller's process and thread, as the test sees them.
	PID, TID int
	// Number is one of unix.SYS_*.
	Number uintptr
	// Args are the arguments as they are in the registers. Addresses are the caller's.
	Args [6]uint64

	id    uint64
	ended context.Context
}

// Intercept starts cmd as its Start method does, with everything that is set in it. From its first
// instruction on, decide is asked about those system calls of the program, and of all that descend
// from it, whose numbers are given. At the end of the test the program is killed, and calls that
// are still held pass.
//
// It takes root: others skip the test.
func Intercept(t testing.TB, cmd *exec.Cmd, numbers []uintptr, decide Decision) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("deciding about system calls takes root")
	}
	s, err := start(cmd, numbers, decide)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(patience); err != nil {
			t.Error(err)
		}
	})
}

// Hold returns when until is closed, or at the end of the test.
func (c *Call) Hold(until <-chan struct{}) {
	select {
	case <-until:
	case <-c.ended.Done():
	}
}

// Delay returns after some time, or at the end of the test.
func (c *Call) Delay(d time.Duration) {
	enough, cancel := context.WithTimeout(c.ended, d)
	defer cancel()
	<-enough.Done()
}

// MakesProcess reports whether the call makes a process. The same calls make threads: a Go program
// that cannot have a thread dies of it.
func (c *Call) MakesProcess() bool {
	flags := c.Args[0]
	switch {
	case isPlainFork(c.Number):
		return true
	case c.Number == unix.SYS_CLONE3: // the flags come first in a struct
		var word [8]byte
		if n := c.read(word[:], c.Args[0]); n < len(word) {
			return false
		}
		flags = binary.NativeEndian.Uint64(word[:])
	case c.Number != unix.SYS_CLONE:
		return false
	}
	return flags&unix.CLONE_THREAD == 0
}

// String is the call for people: "renameat2(/tmp/a, /tmp/b) by 123".
func (c *Call) String() string {
	name := subjects[c.Number].name
	if name == "" {
		name = fmt.Sprintf("system call %d", c.Number)
	}
	return fmt.Sprintf("%s(%s) by %d", name, strings.Join(c.Files(), ", "), c.PID)
}
