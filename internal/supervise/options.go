package supervise

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// Command is a program to start.
type Command struct {
	Path string   // of the file; see [Find] for names without a slash
	Args []string // argv, Args[0] included
	Env  []string // the whole environment, as NAME=value
}

// Decision is what to start.
type Decision struct {
	Command

	// After is work that can wait until the command runs; nil for none. No chore begins before its end.
	After func()
}

// Start is how an init finds out what to run. Its functions run in the background of the loop, but for
// Fail, and the loop waits for none of them longer than it says here.
type Start struct {
	// Hooks returns what runs before the first decision, with the terminal; nil for nothing. It is nil
	// itself where there are never any.
	Hooks func() *Command

	// Decide returns what to start, or why there is nothing; again is true after a command that has
	// ended. Its context ends with Run.
	Decide func(ctx context.Context, again bool) (Decision, error)

	// Fail returns the exit code for an error: Decide's, or a [*fault.Error] for a command that cannot be
	// started. The exit waits until report has told the user, for a second at most.
	Fail func(err error) (code int, report func())

	// Memory returns how many processes of this container the kernel has killed for lack of memory. It is
	// called in the background, and by the loop itself after a command has ended unexpectedly, so it must not
	// wait for long. It may be nil.
	Memory func() Kills

	// Chore is a short process beside the command; nil for none. See Options.ChoreEvery.
	Chore *Command
}

// Options is what a deployment can choose about the init.
type Options struct {
	// ShutdownTimeout is how long a command that was asked to stop may take before everything of
	// it is killed. Zero kills right after asking.
	ShutdownTimeout time.Duration

	// WaitForGroup waits, up to ShutdownTimeout, also for the processes that received the stop signal
	// together with the command: its process group, and what the hooks left running. Without it, they are
	// killed when the command has ended.
	WaitForGroup bool

	// LeaderOnly sends signals to the command's first process instead of its whole group.
	LeaderOnly bool

	// Rewrite says what to take a received signal for, 0 to drop it: whatever the other signal
	// does, happens. SIGTERM and SIGINT start the shutdown deadline even so, unless they become
	// SIGUSR1 or are dropped. What SIGTERM becomes also stops the command for a restart.
	Rewrite map[unix.Signal]unix.Signal

	// ExitCodes replaces the command's exit codes.
	ExitCodes map[int]int

	// RestartOnCrash is how many times in a row a command is started again that ended by itself
	// with a code that may be better the next time.
	RestartOnCrash int

	// ChoreEvery is the longest pause before Start.Chore is run again; each is drawn between half of
	// that and all of it. Zero is never. How the chore ends changes nothing.
	ChoreEvery time.Duration

	// ParentDeath is a signal that we receive when our parent ends; 0 for none.
	ParentDeath unix.Signal

	// CoreLimit is that of the hooks and the command.
	CoreLimit CoreLimit

	// Warn logs a line, which has no newline. It must not block, nor write with os.Stdout or os.Stderr:
	// their write to a pipe that nobody reads any more ends the process.
	Warn func(line string)

	isPID1 bool // so the kernel kills what we leave
}
