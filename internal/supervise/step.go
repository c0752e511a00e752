package supervise

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// phase is where the container is in its life.
type phase uint8

const (
	idle       phase = iota // nothing has begun
	hooking                 // what comes before the first decision is looked for, and runs if there is any
	deciding                // it is being decided what to start, if anything
	failing                 // there is nothing to start, and the user is being told why
	running                 // the command is started, and nobody wants it to end
	stopping                // it is asked to end, for good
	restarting              // it is asked to end, to be started again
	clearing                // it has ended, to be started again when nothing of it is left
	resting                 // the same, when some time has passed
	ending                  // all is over; the exit waits until nothing is left
	ended                   // there is an exit code; nothing matters any more
)

var phaseNames = [...]string{idle: "idle", hooking: "hooking", deciding: "deciding", failing: "failing",
	running: "running", stopping: "stopping", restarting: "restarting", clearing: "clearing",
	resting: "resting", ending: "ending", ended: "ended"}

func (p phase) String() string { return phaseNames[p] }

// exitCode is what a process leaves with.
type exitCode int

// bySignal is the exit code of a process that a signal ended.
func bySignal(sig unix.Signal) exitCode { return fault.ExitSignal + exitCode(sig) }

// state is all the init remembers from one event to the next.
type state struct {
	phase    phase
	code     exitCode // to leave with, in failing, clearing, resting and ending
	quick    int      // starts in a row that did not live for long
	crashes  int      // starts in a row that were due to a crash
	again    bool     // the command has run before
	approved bool     // what to start is decided already
}

// event is something that happened.
type event interface{ happened() }

type (
	begun     struct{ hooks bool }         // the init is ready, and there are hooks or not
	signalled struct{ signal unix.Signal } // a signal arrived
	halted    struct{ signal unix.Signal } // the terminal stopped the hooks or the command
	approved  struct{}                     // the decision is made: there is a command
	denied    struct {                     // there is nothing to start, or it cannot be started
		code exitCode
	}
	told   struct{ age time.Duration } // the user was told why, so long after this start began
	exited struct {                    // the hooks or the command ended, and were reaped
		code  exitCode
		by    unix.Signal   // that ended it; 0 for none
		lived time.Duration // since its start
	}
	refused struct{} // the command could not be started, but only for want of resources
	crowded struct{} // there are processes besides us
	alone   struct{} // there are none
	expired struct{} // the deadline passed
	due     struct{} // it is time for the chore
)

func (begun) happened()     {}
func (signalled) happened() {}
func (halted) happened()    {}
func (approved) happened()  {}
func (denied) happened()    {}
func (told) happened()      {}
func (exited) happened()    {}
func (refused) happened()   {}
func (crowded) happened()   {}
func (alone) happened()     {}
func (expired) happened()   {}
func (due) happened()       {}

// action is something to do.
type action interface{ toDo() }

type (
	doHook    struct{}                      // run the hooks
	doDecide  struct{ again bool }          // decide what to start
	doStart   struct{ again bool }          // start the command
	doKeep    struct{ signal unix.Signal }  // keep a signal until the command is started
	doForward struct{ signal unix.Signal }  // send it to the command
	doHalt    struct{ signal unix.Signal }  // let the terminal stop us, too, as it stopped the command
	doSuspend struct{ signal unix.Signal }  // stop in the sense of job control, where we can be continued
	doKill    struct{}                      // SIGKILL everything there is
	doArm     struct{ after time.Duration } // expire after some time
	doChore   struct{}                      // run the chore
	doFinish  struct{ code exitCode }       // leave
	doSay     struct {                      // tell the user, with what follows after some time
		sentence sentence
		after    time.Duration
	}
)

func (doHook) toDo()    {}
func (doDecide) toDo()  {}
func (doStart) toDo()   {}
func (doKeep) toDo()    {}
func (doForward) toDo() {}
func (doHalt) toDo()    {}
func (doSuspend) toDo() {}
func (doKill) toDo()    {}
func (doArm) toDo()     {}
func (doChore) toDo()   {}
func (doFinish) toDo()  {}
func (doSay) toDo()     {}

// sentence is something worth telling.
type sentence uint8

const (
	sayKilled   sentence = iota // the command did not end in time
	sayCrashed                  // it ended by itself, and is started again
	sayRepeated                 // it is started again, but later, because it was just now
	sayRefused                  // it could not be started, and will be tried again after some time
	sayStarting                 // there is nothing to restart yet
	sayLeft                     // something of it is left that could not be killed in time
)

// policy is what a deployment decided about the decisions.
type policy struct {
	timeout  time.Duration               // between asking and killing
	crashes  int                         // how many crashes in a row lead to a new start
	rewrite  map[unix.Signal]unix.Signal // what to take a signal for
	lastInit bool                        // the kernel kills what we leave: we are PID 1
}

const (
	// clearTime bounds the wait for what was killed. A process that outlives it sits in a system call
	// that does not end, on a dead disk for example, and may do so for ever.
	clearTime = 500 * time.Millisecond
	// tellTime bounds the wait for a failure to be told: a log that nobody reads must not keep us.
	tellTime = time.Second
	// ShortestLife is how long a start that fails lives at least, from its beginning. Clients that
	// attach to a container need a moment: a banner printed right before the exit is lost to some, and
	// an instant exit makes others wait for ever.
	ShortestLife = 700 * time.Millisecond
)

// step decides: what to do about an event, and which state that leads to. The error is for an event
// that cannot happen in this state; it changes nothing then.
func (p policy) step(s state, e event) (state, []action, error) {
	switch s.phase {
	case ended:
		return s, nil, nil
	case idle:
		if e, ok := e.(begun); ok {
			next, actions := onBegun(s, e)
			return next, actions, nil
		}
		return s, nil, impossible(s, e)
	case hooking, deciding, failing:
		return p.stepEarly(s, e)
	}
	return p.stepLate(s, e)
}

func impossible(s state, e event) error {
	return fmt.Errorf("impossible event %T while %s", e, s.phase)
}

func (s state) to(p phase) state {
	s.phase = p
	return s
}
