package syscalls

import (
	"cmp"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// line is the test's end of the line to the helper.
type line struct{ *net.UnixConn }

// startHelper starts cmd with the helper in place of the program, and tells it what to do.
func startHelper(cmd *exec.Cmd, numbers []uintptr) (*line, error) {
	todo := job{Path: cmd.Path, Args: cmd.Args, Env: cmd.Environ(), Numbers: numbers}
	if len(todo.Args) == 0 {
		todo.Args = []string{cmd.Path}
	}
	near, far, err := pair()
	if err != nil {
		return nil, err
	}
	err = startAs(cmd, far)
	// A process that is being started at this moment, by another test, has a copy until it executes.
	syscall.ForkLock.RLock()
	far.Close()
	syscall.ForkLock.RUnlock()
	if err != nil {
		near.Close()
		return nil, err
	}
	if err := gob.NewEncoder(near).Encode(todo); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		near.Close()
		return nil, err
	}
	return near, nil
}

func pair() (near *line, far *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	far = os.NewFile(uintptr(fds[1]), "helper's end")
	file := os.NewFile(uintptr(fds[0]), "test's end")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		far.Close()
		return nil, nil, err
	}
	return &line{conn.(*net.UnixConn)}, far, conn.SetDeadline(time.Now().Add(patience))
}

// startAs starts cmd as the helper. Then cmd is again what it was, for those who look at it.
func startAs(cmd *exec.Cmd, far *os.File) error {
	path, args, env, files := cmd.Path, cmd.Args, cmd.Env, cmd.ExtraFiles
	defer func() { cmd.Path, cmd.Args, cmd.Env, cmd.ExtraFiles = path, args, env, files }()
	cmd.Path = "/proc/self/exe"
	cmd.Args = []string{helperName, strconv.Itoa(3 + len(files))}
	cmd.Env = []string{}
	cmd.ExtraFiles = append(slices.Clip(files), far)
	return cmd.Start()
}

// receiveListener waits for the filter.
func (l *line) receiveListener(process *os.Process) (*listener, error) {
	heard, err := l.hear()
	if err != nil {
		return nil, err
	}
	if heard.Event != listening {
		return nil, fmt.Errorf("cannot install a filter: %w", unix.Errno(heard.Value))
	}
	fd := -1
	lost := process.WithHandle(func(pidfd uintptr) {
		fd, err = unix.PidfdGetfd(int(pidfd), int(heard.Value), 0)
	})
	if err := errors.Join(lost, err); err != nil {
		return nil, fmt.Errorf("cannot take the helper's listener: %w", err)
	}
	return newListener(fd)
}

// execute waits until the helper is the program.
func (l *line) execute() error {
	if _, err := l.Write([]byte{0}); err != nil {
		return err
	}
	heard, err := l.hear()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return cmp.Or(err, error(unix.Errno(heard.Value)))
}

// hear receives a message of the helper.
func (l *line) hear() (heard report, err error) {
	if err := binary.Read(l, binary.NativeEndian, &heard); err != nil {
		return heard, fmt.Errorf("no word of the helper: %w", err)
	}
	return heard, nil
}

// isClosed reports whether the other end is closed. It takes nothing from who reads.
func (l *line) isClosed() (closed bool) {
	conn, err := l.SyscallConn()
	if err != nil {
		return true
	}
	err = conn.Control(func(fd uintptr) {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		closed = n == 0 && err == nil
	})
	return closed || err != nil
}
