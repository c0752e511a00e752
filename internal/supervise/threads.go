package supervise

import (
	"math"
	"runtime"

	"golang.org/x/sys/unix"
)

// awaitThreads waits until every thread that the runtime plans for is there. It leaves some of them to a
// thread of its own, which gets to it whenever it does.
func awaitThreads() {
	const often = 1000 // by far: it is a matter of a few looks
	for range often {
		planned, _ := runtime.ThreadCreateProfile(nil)
		if countThreads() >= planned-threadsOfC {
			return
		}
		_ = unix.Nanosleep(&unix.Timespec{Nsec: 20_000}, nil)
	}
}

// countThreads is the number of our threads: a folder has a link to each of its own, and two to itself.
// Without /proc, it is one that is enough.
func countThreads() int {
	var tasks unix.Stat_t
	if unix.Stat("/proc/self/task", &tasks) != nil {
		return math.MaxInt
	}
	return int(tasks.Nlink) - 2
}
