package supervise

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

// spawn starts a process in a group of its own, with our standard streams, default signal actions,
// an empty signal mask and the limit for core files that it is to have; foreground also makes that
// group the terminal's foreground group.
//
// Not os.StartProcess: its first use forks a probe for pidfd support, which costs time at every
// container start and is a child that nobody asked for.
func spawn(command Command, foreground bool, core CoreLimit) (int, *fault.Error) {
	attr := &syscall.ProcAttr{
		Env:   command.Env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Foreground: foreground, Ctty: stdin},
	}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer plainSignals()()
	defer core.Lift()()

	var pid int
	err := execOrShell(command.Path, command.Args, func(path string, argv []string) (err error) {
		pid, err = syscall.ForkExec(path, argv, attr)
		return err
	})
	if err != nil {
		return 0, command.cannotStart(err)
	}
	return pid, nil
}

// execOrShell runs exec, and once more under /bin/sh if the file turns out to be a script without a
// "#!" line, as execvp does. A program for another machine is no script.
func execOrShell(path string, argv []string, exec func(path string, argv []string) error) error {
	err := exec(path, argv)
	if !errors.Is(err, unix.ENOEXEC) || !file.RunsInShell(path) {
		return err
	}
	const shell = "/bin/sh"
	shellErr := exec(shell, append([]string{shell, path}, argv[min(1, len(argv)):]...))
	if errors.Is(shellErr, unix.ENOENT) {
		return err // without a shell, what the file lacks is a "#!" line
	}
	return shellErr
}
