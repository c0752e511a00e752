package supervise

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// descendants visits every process that descends from us, children before their children, as far as /proc
// shows them. It may be another PID namespace's, which has other numbers.
func descendants(visit func(pid int)) {
	self := make([]byte, 16)
	n, err := unix.Readlink("/proc/self", self)
	if err != nil || string(self[:n]) != strconv.Itoa(unix.Getpid()) {
		return
	}
	const deepest = 1 << 16 // more than there are; processes that multiply meanwhile must not hold us
	queue := children("self")
	for i := 0; i < len(queue) && i < deepest; i++ {
		visit(queue[i])
		queue = append(queue, children(strconv.Itoa(queue[i]))...)
	}
}

// children are those of all threads: the kernel keeps them by the thread that forked.
func children(process string) (all []int) {
	const tasks = "/task"
	dir, err := unix.Open("/proc/"+process+tasks, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(dir) }()
	buf := make([]byte, 4096)
	for {
		n, err := unix.ReadDirent(dir, buf)
		if err != nil || n <= 0 {
			return all
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, thread := range names {
			for child := range strings.FieldsSeq(readAll("/proc/" + process + tasks + "/" + thread + "/children")) {
				if pid, err := strconv.Atoi(child); err == nil {
					all = append(all, pid)
				}
			}
		}
	}
}
