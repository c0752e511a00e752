package supervise

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// awaitThreads waits until every thread that the runtime plans for is there. It leaves some of them to a
// thread of its own, which gets to it whenever it does.
func awaitThreads() {
	const often = 1000 // by far: it is a matter of a few looks
	for range often {
		var tasks unix.Stat_t
		if unix.Stat("/proc/self/task", &tasks) != nil {
			return
		}
		// A folder has a link to each of its own, and two to itself.
		if planned, _ := runtime.ThreadCreateProfile(nil); int(tasks.Nlink)-2 >= planned-threadsOfC {
			return
		}
		_ = unix.Nanosleep(&unix.Timespec{Nsec: 20_000}, nil)
	}
}
