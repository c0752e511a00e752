package hook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is one to stop. fd is its pidfd: unlike the number, it never means another process.
type process struct{ pid, fd int }

// stop sends SIGTERM to a process and all its descendants, and SIGKILL to those that are left after the grace. It
// returns when all have ended or been killed. It does not signal the process group, because that also has what earlier
// hooks have left running. The error says that the process is not found.
func stop(pid int, grace time.Duration) error {
	deadline := time.Now().Add(grace)
	all := family(pid)
	if len(all) == 0 {
		return errors.New("cannot find the process")
	}
	defer func() { release(all) }()
	signal(all, unix.SIGTERM)
	for _, p := range all {
		if !p.endsBefore(deadline) {
			all = append(all, family(p.pid)...) // itself, and what it has started meanwhile
		}
	}
	signal(all, unix.SIGKILL)
	return nil
}

// family is a process and all its descendants, except those that have outlived their parent, such as daemons. It is
// the process alone if /proc is that of another PID namespace, which has other numbers.
func family(pid int) (all []process) {
	most := 1 << 10 // a bound for processes that multiply
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		most = 1
	}
	queue := []int{pid}
	for i := 0; i < len(queue) && i < most; i++ {
		if fd, err := unix.PidfdOpen(queue[i], 0); err == nil {
			all = append(all, process{queue[i], fd})
		}
		queue = append(queue, children(queue[i])...)
	}
	return all
}

// children are those of all threads, because the kernel lists children by the thread that has forked them.
func children(pid int) (all []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		content, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(content)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// endsBefore waits for the end of a process until the deadline, and reports whether it has ended.
func (p process) endsBefore(deadline time.Time) bool {
	poll := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	for {
		left := max(0, time.Until(deadline).Milliseconds())
		if n, err := unix.Poll(poll, int(left)); err != unix.EINTR {
			return n > 0
		}
	}
}

func signal(all []process, sig unix.Signal) {
	for _, p := range all {
		_ = unix.PidfdSendSignal(p.fd, sig, nil, 0)
	}
}

func release(all []process) {
	for _, p := range all {
		_ = unix.Close(p.fd)
	}
}
