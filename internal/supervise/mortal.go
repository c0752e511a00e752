package supervise

import "golang.org/x/sys/unix"

// Mortal makes SIGHUP, SIGINT, SIGQUIT and SIGTERM end this process, which is not PID 1, as they
// end any other: at once, by the kernel. The Go runtime would answer SIGQUIT with a stack trace.
// And a handler, the runtime's or ours, would lose a signal that is between the kernel and the
// handler's first instruction when another thread executes the next program.
//
// Until release is called, right before [Exec], no end of the process leaves a core file: there are
// secrets in its memory.
func Mortal() (release func() error) {
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM} {
		var action sigaction
		if getAction(int(sig), &action) == nil && action.handler != sigIgn {
			_ = setAction(int(sig), &sigaction{})
		}
	}
	// To the kernel 1 means none, whether to a file or through a pipe; 0 would only bar files.
	var found unix.Rlimit
	if unix.Prlimit(0, unix.RLIMIT_CORE, nil, &found) != nil || found.Max == 0 {
		return func() error { return nil }
	}
	_ = unix.Prlimit(0, unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1, Max: found.Max}, nil)
	return func() error {
		_ = unix.Prlimit(0, unix.RLIMIT_CORE, &found, nil) // lifting it to what it was is always allowed
		return nil
	}
}
