package supervise

import (
	"runtime"
	"syscall"
)

// Exec becomes the command in place, with default signal actions, an empty signal mask and the limit for
// core files that it is to have. It returns only if that fails, with a [*fault.Error]; then signals are as
// they were.
func Exec(command Command, core CoreLimit) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer plainSignals()()
	defer core.Lift()()

	err := execOrShell(command.Path, command.Args, func(path string, argv []string) error {
		return syscall.Exec(path, argv, command.Env)
	})
	return command.cannotStart(err)
}
