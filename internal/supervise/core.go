package supervise

import "golang.org/x/sys/unix"

// CoreLimit is the limit for core files that the process was given; see [NoCore].
type CoreLimit struct{ found unix.Rlimit }

// noCore is the soft limit that means to the kernel: no core file, and none through a pipe, either. 0
// would only bar files.
const noCore = 1

// NoCore keeps this process from leaving a core file, for there are secrets in its memory, and returns
// what a process that it starts or becomes is to have instead.
func NoCore() CoreLimit {
	var core CoreLimit
	if unix.Prlimit(0, unix.RLIMIT_CORE, nil, &core.found) == nil && core.found.Max > 0 {
		_ = unix.Prlimit(0, unix.RLIMIT_CORE, &unix.Rlimit{Cur: noCore, Max: core.found.Max}, nil)
	}
	return core
}

// Lift gives this process the limit that it was given, for the time in which others inherit it. That is
// always allowed.
func (c CoreLimit) Lift() (restore func()) {
	if c.found.Max == 0 {
		return func() {}
	}
	_ = unix.Prlimit(0, unix.RLIMIT_CORE, &c.found, nil)
	return func() {
		_ = unix.Prlimit(0, unix.RLIMIT_CORE, &unix.Rlimit{Cur: noCore, Max: c.found.Max}, nil)
	}
}
