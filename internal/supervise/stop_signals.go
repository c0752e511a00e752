package supervise

import "golang.org/x/sys/unix"

// RestoreStopSignals makes SIGHUP, SIGINT, SIGQUIT and SIGTERM end this process, which is not PID 1, as they
// end any other: at once, by the kernel. The Go runtime would answer SIGQUIT with a stack trace.
// And a handler, the runtime's or ours, would lose a signal that is between the kernel and the
// handler's first instruction when another thread executes the next program.
func RestoreStopSignals() {
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM} {
		var action sigaction
		if getAction(int(sig), &action) == nil && action.handler != sigIgn {
			_ = setAction(int(sig), &sigaction{})
		}
	}
}
