package supervise

import (
	"runtime"
	"syscall"
)

// Exec becomes the command in place, with default signal actions and an empty signal mask. It
// returns only if that fails, with a [*StartError]; then signals are as they were.
func Exec(path string, argv, env []string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer plainSignals()()

	return startError(path, orShell(path, argv, func(path string, argv []string) error {
		return syscall.Exec(path, argv, env)
	}))
}
