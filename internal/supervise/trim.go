package supervise

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// trimAfter is when what a start leaves behind is given back: when no millisecond counts any more. The pages
// of our program follow after the same time again, when what gave back the rest has come to rest, too.
const trimAfter = time.Second

// trimTimes is how often the program's pages are given back. After the first time the runtime reads its tables about
// them once more, which brings up to a megabyte of pages back.
const trimTimes = 2

// trim takes the step that is due.
func (l *loop) trim() {
	if l.pages == nil {
		l.lookAtMemory() // not before: the start does not wait for it
		l.freeMemory()
		return
	}
	for _, m := range l.pages {
		if l.background.isIdle() { // or else they are in use
			_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, m.start, m.end-m.start, unix.MADV_DONTNEED)
		}
	}
	if l.trimsLeft--; l.trimsLeft > 0 {
		l.trimTime = time.Now().Add(trimAfter)
		return
	}
	l.pages = nil
}

func (l *loop) freeMemory() {
	again := l.state.again
	l.background.run(func(context.Context) func() {
		if again {
			runtime.GC() // what is pooled survives one; the first start's pools are not worth it
		}
		debug.FreeOSMemory()
		pages := programPages()
		return func() {
			if l.trimTime.IsZero() { // or else there was another start meanwhile
				l.pages, l.trimsLeft, l.trimTime = pages, trimTimes, time.Now().Add(trimAfter)
			}
		}
	}, l.warnOf)
}

// mapping is a range of addresses.
type mapping struct{ start, end uintptr }

// programPages are the pages of our program file that this process has touched, or that the kernel mapped
// beside those: two thirds of its memory, most of it never used again. What is used comes back from the
// page cache, at less than a microsecond each.
func programPages() (all []mapping) {
	var header string
	for line := range strings.Lines(readAll("/proc/self/smaps")) {
		name, value, _ := strings.Cut(line, " ")
		switch {
		case !strings.HasSuffix(name, ":"):
			header = line
		case name == "Anonymous:" && strings.TrimSpace(value) == "0 kB":
			if m, ok := parseMapping(header); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

// parseMapping reads a mapping of a file that is not writable. It must not have been, either: a linker may
// write before it forbids to, and what it wrote is in no file.
func parseMapping(header string) (m mapping, ok bool) {
	var permissions, offset, device, inode, path string
	_, err := fmt.Sscanf(header, "%x-%x %s %s %s %s %s", &m.start, &m.end, &permissions, &offset, &device, &inode, &path)
	return m, err == nil && path[0] == '/' && !strings.Contains(permissions, "w")
}

// readAll reads a file of /proc, or what can be read of it. Not with os: that would make this
// process keep a descriptor, for waiting on files.
func readAll(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = unix.Close(fd) }()
	var content strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		if err != nil || n <= 0 {
			return content.String()
		}
		content.Write(buf[:n])
	}
}
