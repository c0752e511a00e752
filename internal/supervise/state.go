package supervise

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// phase is where the container is in its life.
type phase uint8

const (
	idle       phase = iota // nothing has begun
	hooking                 // hooks are looked for, and run if there are any
	deciding                // the program decides what to start, if anything
	failing                 // there is nothing to start, and the program reports why
	running                 // the command runs
	stopping                // the command was asked to end, for good
	restarting              // the command was asked to end, to be started again
	clearing                // the command has ended; what is left of it is killed before the next start
	resting                 // the pause before the next start
	ending                  // the exit waits until no process is left
	ended                   // there is an exit code
)

var phaseNames = [...]string{idle: "idle", hooking: "hooking", deciding: "deciding", failing: "failing",
	running: "running", stopping: "stopping", restarting: "restarting", clearing: "clearing",
	resting: "resting", ending: "ending", ended: "ended"}

func (p phase) String() string { return phaseNames[p] }

// exitCode is what a process leaves with.
type exitCode int

// state is all the init remembers from one event to the next.
type state struct {
	phase       phase
	code        exitCode // to leave with, since failing, clearing or ending
	quickStarts int      // starts in a row that did not live for long
	crashes     int      // starts in a row that were due to a crash
	again       bool     // the command has run before
	approved    bool     // what to start is decided already
	overdue     bool     // the command did not stop in time, and was killed
	lingers     bool     // the command has ended as last says, and others of its group may still do so
	last        exited
}

// event is something that happened. Each kind can happen in some phases only.
type event interface{ possible(phase) bool }

type (
	begun     struct{ hooks bool }         // the init is ready, and hooks may have to run
	signaled  struct{ signal unix.Signal } // a signal arrived
	suspended struct{ signal unix.Signal } // the terminal suspended the hooks or the command
	approved  struct{}                     // the decision is made: there is a command
	denied    struct{ code exitCode }      // there is nothing to start, or it cannot be started
	reported  struct{ age time.Duration }  // the user was told why, so long after this start began
	exited    struct {                     // the hooks or the command ended, and were reaped
		code   exitCode
		killed bool          // by a signal
		lived  time.Duration // since its start
		memory string        // its limit, if memory ran out meanwhile; see [Start.Memory]
	}
	refused struct{} // the command could not be started, but only for want of resources
	reaped  struct { // all zombies are gone
		alone bool // there are no other processes besides us
		quiet bool // none of those is in a group that was told to stop
	}
	expired struct{} // the deadline passed
	due     struct{} // it is time for the chore
)

func (begun) possible(p phase) bool     { return p == idle }
func (signaled) possible(p phase) bool  { return p != idle }
func (suspended) possible(p phase) bool { return p == hooking || p >= running }
func (approved) possible(p phase) bool  { return p.isOneOf(hooking, deciding, ending) }
func (denied) possible(p phase) bool    { return p.isOneOf(hooking, deciding, running, ending) }
func (reported) possible(p phase) bool  { return p.isOneOf(failing, ending) }
func (exited) possible(p phase) bool {
	return p.isOneOf(hooking, running, stopping, restarting, ending)
}
func (refused) possible(p phase) bool { return p == running }
func (reaped) possible(p phase) bool  { return p != idle }
func (expired) possible(p phase) bool { return p == failing || p > running }
func (due) possible(p phase) bool     { return p != idle }

func (p phase) isOneOf(phases ...phase) bool { return slices.Contains(phases, p) }

const (
	// clearTime bounds the wait for what was killed. A process that outlives it sits in a system call
	// that does not end, on a dead disk for example, and may do so for ever.
	clearTime = 500 * time.Millisecond
	// reportTime bounds the wait for a failure to be reported: a log that nobody reads must not keep us.
	reportTime = time.Second
	// MinLifetime is how long a start that fails lives at least, from its beginning. Clients that
	// attach to a container need a moment: a banner printed right before the exit is lost to some, and
	// an instant exit makes others wait for ever.
	MinLifetime = 700 * time.Millisecond
)
