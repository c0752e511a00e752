package syscalls

import (
	"encoding/binary"
	"encoding/gob"
	"errors"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The helper is this test binary once more, between the test and the program: it puts itself behind
// the filter, tells the test so, and executes the program. Its argv[0] makes it the helper, and its
// argument is the number of its socket.
const helperName = "helper-of-syscalls"

// job is what the helper is asked for. It does not travel in arguments and environment, so that the
// program's environment, GODEBUG for instance, has no effect on the helper.
type job struct {
	Path      string
	Args, Env []string
	Numbers   []uintptr
}

// report is a message of the helper: it listens, with a descriptor as value, or it cannot do
// something, with an error number.
type report struct{ Event, Value int32 }

const (
	listening = iota
	notListening
	notExecuted
)

// During initialization, and only then, this is certain to be the main thread. The program inherits
// what belongs to the thread that executes it, such as the signal for its parent's death.
var _ = help(os.Args)

// help is the helper's life. It returns in all other processes.
func help(args []string) (none struct{}) {
	if len(args) != 2 || args[0] != helperName {
		return none
	}
	socket, err := strconv.Atoi(args[1])
	if err != nil {
		panic(err)
	}
	unix.CloseOnExec(socket)
	test := os.NewFile(uintptr(socket), "test")
	event, err := execute(test)
	errno, _ := errors.AsType[unix.Errno](err)
	_ = binary.Write(test, binary.NativeEndian, report{event, int32(errno)})
	// Only the test ends a helper. It may be PID 1, which cannot kill itself.
	_, _ = test.Read(make([]byte, 1))
	panic(err)
}

// execute becomes the program, or tells what it could not do.
func execute(test *os.File) (failed int32, err error) {
	var todo job
	if err := gob.NewDecoder(test).Decode(&todo); err != nil {
		return notExecuted, err
	}
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return notExecuted, err
	}
	message := (*report)(unsafe.Pointer(&page[0]))
	code := filter(todo.Numbers, unsafe.Pointer(message))
	unblock, err := blockSignals()
	if err != nil {
		return notExecuted, err
	}
	if errno := listen(code, test.Fd(), message); errno != 0 {
		return notListening, errno
	}
	if err := unblock(); err != nil {
		return notExecuted, err
	}
	return notExecuted, syscall.Exec(todo.Path, todo.Args, todo.Env)
}

func blockSignals() (unblock func() error, err error) {
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	err = unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before)
	return func() error { return unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }, err
}

// listen installs the filter and returns when the test has the listener. Until then any system call
// may hang for good, so the runtime, the race detector and signal handlers, whose return is a call,
// have no part in this. The filter lets the two calls pass that there are, by the address of their
// message.
//
//go:norace
func listen(code []unix.SockFilter, socket uintptr, message *report) unix.Errno {
	listener, errno := install(code)
	if errno != 0 {
		return errno
	}
	*message = report{listening, int32(listener)}
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, socket, uintptr(unsafe.Pointer(message)), unsafe.Sizeof(*message))
	n, _, _ := unix.RawSyscall(unix.SYS_READ, socket, uintptr(unsafe.Pointer(message)), 1)
	if n != 1 {
		return unix.EPIPE // the test has ended
	}
	return 0
}
