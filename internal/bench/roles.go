package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Names of the roles that the bench plays when it starts itself, as the first
// argument.
const (
	rolePID1     = "as-pid-1"
	roleReceiver = "as-receiver"
	roleReceive  = "as-receiver-that-is-ready"
)

// role returns what to do instead of measuring; nil for nothing else.
func role(name string) func(args []string) error {
	switch name {
	case rolePID1:
		return becomePID1
	case roleReceiver:
		return becomeReceiver
	case roleReceive:
		return receive
	}
	return nil
}

// ourselves is the path of this program.
func ourselves() string {
	path, err := os.Executable()
	if err != nil {
		panic(err) // /proc is missing
	}
	return path
}

// becomePID1 is the first process of a namespace: it mounts what a container
// engine would, then becomes the init.
func becomePID1(argv []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to ourselves: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	return unix.Exec(path, argv, os.Environ())
}

// becomeReceiver starts over with the signal blocked, because the runtime gives
// all its threads the mask that it finds. An init would have undone that mask.
func becomeReceiver([]string) error {
	runtime.LockOSThread()
	set := signalSet(measured)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil); err != nil {
		return err
	}
	// No preemption by signals, which would end the wait again and again.
	env := append(os.Environ(), "GODEBUG=asyncpreemptoff=1")
	return unix.Exec(ourselves(), []string{ourselves(), roleReceive}, env)
}

// receive waits for signals without the runtime's help, which would cost more
// than an init, and reports when each one came. The first report says that it
// is ready.
func receive([]string) error {
	set := signalSet(measured)
	report := make([]byte, reportSize)
	for {
		binary.NativeEndian.PutUint64(report, uint64(monotonic()))
		if _, err := unix.Write(unix.Stdout, report); err != nil {
			return err
		}
		for {
			sig, _, _ := unix.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), 0, 0, sigsetSize, 0, 0)
			if unix.Signal(sig) == measured {
				break
			}
		}
	}
}

// reportSize is that of a moment in nanoseconds.
const reportSize = 8

// sigsetSize is the size of the kernel's set of signals.
const sigsetSize = 8

func signalSet(sig unix.Signal) (set unix.Sigset_t) {
	set.Val[0] = 1 << (sig - 1)
	return set
}

// monotonic is the clock that all namespaces share, in nanoseconds.
func monotonic() int64 {
	var now unix.Timespec
	_, _, _ = unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}
