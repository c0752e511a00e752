package syscalls

import (
	"errors"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is the kernel's struct seccomp_notif.
type notification struct {
	id     uint64
	tid    uint32
	_      uint32 // flags
	number int32
	_      uint32 // architecture
	_      uint64 // instruction pointer
	args   [6]uint64
}

// response is the kernel's struct seccomp_notif_resp.
type response struct {
	id    uint64
	_     int64 // result
	errno int32 // negative
	flags uint32
}

// listener is the descriptor by which the kernel asks.
type listener struct {
	file *os.File
	conn syscall.RawConn
}

func newListener(fd int) (*listener, error) {
	if err := unix.SetNonblock(fd, true); err != nil { // so that the runtime waits for it
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "seccomp listener")
	conn, err := file.SyscallConn()
	return &listener{file, conn}, err
}

// next waits for a call. The error is io.EOF when nobody is left who could make one.
func (l *listener) next() (n notification, err error) {
	waitErr := l.conn.Read(func(fd uintptr) (done bool) {
		// Whether there is a call or not, the ioctl waits for one.
		var events int16
		events, err = poll(fd)
		switch {
		case events&unix.POLLIN != 0:
			err = ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
		case events != 0:
			err = io.EOF
		}
		return events != 0 || err != nil
	})
	return n, errors.Join(waitErr, err)
}

// answer ends the wait of a call.
func (l *listener) answer(id uint64, decision unix.Errno) error {
	r := response{id: id, errno: -int32(decision)}
	if decision == Continue {
		r.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	}
	return l.control(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r))
}

// waits reports whether the call is still there: its thread may have been killed.
func (l *listener) waits(id uint64) bool {
	return l.control(unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&id)) == nil
}

func (l *listener) control(request uintptr, arg unsafe.Pointer) (err error) {
	if l.conn.Control(func(fd uintptr) { err = ioctl(fd, request, arg) }) != nil {
		return unix.ENOENT // closed, as nobody is left
	}
	return err
}

// poll returns what there is to know about a descriptor at the moment.
func poll(fd uintptr) (events int16, err error) {
	for {
		one := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err = unix.Poll(one, 0); !errors.Is(err, unix.EINTR) {
			return one[0].Revents, err
		}
	}
}

func ioctl(fd, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(arg))
		if errno == 0 {
			return nil
		}
		if errno != unix.EINTR {
			return errno
		}
	}
}
