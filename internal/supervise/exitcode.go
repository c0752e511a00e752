package supervise

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// ExitCode turns the status of an ended process into an exit code: its own, or 128+n if signal n
// killed it.
func ExitCode(status unix.WaitStatus) int {
	if status.Signaled() {
		return fault.ExitSignal + int(status.Signal())
	}
	return status.ExitStatus()
}

// StartError says why a command could not be started and which exit code means that.
type StartError struct {
	Path string
	Code int // fault.ExitNotFound or fault.ExitNotExecutable
	Err  error
}

func (e *StartError) Error() string { return "cannot run " + e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }

// passing are the causes that pass: no process, no memory, no descriptor to be had. The last is what a
// PID namespace says that is full.
var passing = []unix.Errno{unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.ENOSPC}

// passes reports whether the same start may succeed later.
func (e *StartError) passes() bool {
	return slices.ContainsFunc(passing, func(cause unix.Errno) bool { return errors.Is(e.Err, cause) })
}

// Reasons the kernel has no words of its own for.
var (
	errNoInterpreter = errors.New("the file exists, but not the interpreter or loader that it names")
	errNotOnPath     = errors.New("not found in any directory of PATH")
)

// startError explains a failed execve of path.
func startError(path string, cause error) *StartError {
	if !errors.Is(cause, unix.ENOENT) {
		return &StartError{Path: path, Code: fault.ExitNotExecutable, Err: cause}
	}
	// For a missing "#!" interpreter the kernel blames the script; a user sees the script and
	// searches in the wrong place.
	if unix.Access(path, unix.F_OK) == nil {
		cause = errNoInterpreter
	}
	return &StartError{Path: path, Code: fault.ExitNotFound, Err: cause}
}
