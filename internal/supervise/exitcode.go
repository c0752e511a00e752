package supervise

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/arguments"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

// ExitCode turns the status of an ended process into an exit code: its own, or 128+n if signal n
// killed it.
func ExitCode(status unix.WaitStatus) int {
	if status.Signaled() {
		return fault.ExitSignal + int(status.Signal())
	}
	return status.ExitStatus()
}

// isTransient reports whether the same start may succeed later.
func isTransient(err error) bool {
	// No free process, memory or descriptor. The last is what a PID namespace says that is full.
	shortages := []unix.Errno{unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.ENOSPC}
	return slices.ContainsFunc(shortages, func(cause unix.Errno) bool { return errors.Is(err, cause) })
}

// cannotStart explains a failed execve of the command.
func (c Command) cannotStart(cause error) *fault.Error {
	if errors.Is(cause, unix.E2BIG) {
		return fault.Wrap(cause, fault.CommandEnvironment, "%s", arguments.Explain(c.Args, c.Env))
	}
	return cannotStart(c.Path, cause)
}

// cannotStart explains a failed execve of path.
func cannotStart(path string, cause error) *fault.Error {
	id := fault.CommandNotExecutable
	if errors.Is(cause, unix.ENOENT) { // also when only the interpreter of a script does not exist
		id = fault.CommandNotFound
	}
	said := cause.Error()
	if why := file.WhyNotRun(path, cause); why != "" {
		said += ": " + why
	}
	return fault.Wrap(cause, id, "%.200s: %s", path, said)
}
