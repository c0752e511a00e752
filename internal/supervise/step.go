package supervise

import (
	"time"

	"golang.org/x/sys/unix"
)

// phase is where the command is in its life.
type phase uint8

const (
	idle       phase = iota // not started yet
	running                 // started, and nobody wants it to end
	stopping                // asked to end, for good
	restarting              // asked to end, to be started again
	clearing                // ended, to be started again when nothing of it is left
	resting                 // the same, when some time has passed
	ending                  // ended for good; the exit waits until nothing of it is left
	ended                   // there is an exit code; nothing matters any more
)

// state is all the init remembers from one event to the next.
type state struct {
	phase   phase
	code    int // the exit code to leave with, in clearing, resting and ending
	quick   int // starts in a row that did not live for long
	crashes int // starts in a row that were due to a crash
}

// event is something that happened, with its one number.
type event struct {
	kind     eventKind
	n        int
	lived    time.Duration // since its start, of a command that ended
	starting bool          // at a signal: the command is still our own boot stage
}

type eventKind uint8

const (
	begun       eventKind = iota // the init is ready
	signalled                    // signal n arrived
	halted                       // the terminal stopped the command with signal n
	exited                       // the command ended with exit code n, and is reaped
	unstartable                  // the command could not be started, which means exit code n
	refused                      // the same, but only for want of memory or processes
	crowded                      // something of the command's is left after it
	alone                        // nothing is
	expired                      // the deadline passed
	due                          // it is time for the chore
)

// action is something to do, with its one number.
type action struct {
	verb  verb
	n     int
	after time.Duration
}

type verb uint8

const (
	doStart   verb = iota // start the command for the first time
	doRestart             // start it again
	doForward             // send signal n to it
	doHalt                // let the terminal stop us, too, as signal n stopped the command
	doKill                // SIGKILL everything there is of it
	doArm                 // expire after some time
	doChore               // run the chore
	doSay                 // say sentence n
	doFinish              // leave with exit code n
)

// sentence is something worth telling.
type sentence = int

const (
	sayKilled   sentence = iota // the command did not stop in time
	sayCrashed                  // it ended by itself and is started again, after some time
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

// clearTime bounds the wait for what was killed. A process that outlives it sits in a system call
// that does not end, on a dead disk for example, and may do so for ever.
const clearTime = 500 * time.Millisecond

// step decides: what to do about an event, and which state that leads to.
func (p policy) step(s state, e event) (state, []action) {
	switch s.phase {
	case ended:
		return s, nil
	case idle:
		if e.kind == begun {
			return s.to(running), []action{{verb: doStart}}
		}
		return s, nil
	}
	switch e.kind {
	case unstartable:
		return p.finish(s, e.n)
	case refused:
		return onRefused(s)
	case signalled:
		return p.onSignal(s, e)
	case halted:
		if s.phase == running {
			return s, []action{{verb: doHalt, n: e.n}}
		}
	case exited:
		return p.onExit(s, e)
	case crowded, alone, expired:
		return p.onTime(s, e)
	case due:
		if s.phase == running {
			return s, []action{{verb: doChore}}
		}
	}
	return s, nil
}

func (s state) to(p phase) state {
	s.phase = p
	return s
}

func (p policy) onSignal(s state, e event) (state, []action) {
	stops := roleOf(unix.Signal(e.n)) == roleStop
	sig := p.rewritten(unix.Signal(e.n))
	if sig == 0 {
		return s, nil
	}
	switch roleOf(sig) {
	case roleRestart:
		switch {
		case s.phase != running: // a restart does not undo a stop, nor double a restart
			return s, nil
		case e.starting: // it would cut BOOT hooks short, which are not repeated
			return s, []action{{verb: doSay, n: sayStarting}}
		}
		return s.to(restarting), p.stop(p.stopSignal())
	case roleForward:
		if !stops {
			return s, forwarding(s, sig)
		}
	case roleReap, roleIgnore, roleNone:
		return s, nil
	}
	switch s.phase {
	case running:
		return s.to(stopping), p.stop(sig)
	case clearing, resting:
		return p.finish(s, CodeSignal+int(sig))
	case ending:
		return s, nil
	}
	// The deadline stays where it is: whoever repeats a SIGTERM is not more patient. And a command
	// that was stopping to be restarted now stops for good.
	return s.to(stopping), append(forwarding(s, sig), action{verb: doForward, n: int(unix.SIGCONT)})
}

// forwarding passes a signal on if there is someone to get it.
func forwarding(s state, sig unix.Signal) []action {
	if s.phase >= clearing {
		return nil
	}
	return []action{{verb: doForward, n: int(sig)}}
}

// stop asks the command to end. It could not if it were stopped by a signal, hence SIGCONT.
func (p policy) stop(sig unix.Signal) []action {
	return []action{
		{verb: doForward, n: int(sig)},
		{verb: doForward, n: int(unix.SIGCONT)},
		{verb: doArm, after: p.timeout},
	}
}

func (p policy) rewritten(sig unix.Signal) unix.Signal {
	if to, ok := p.rewrite[sig]; ok {
		return to
	}
	return sig
}

// stopSignal is what the command understands as a request to end.
func (p policy) stopSignal() unix.Signal {
	if sig := p.rewritten(unix.SIGTERM); sig != 0 && roleOf(sig) != roleRestart {
		return sig
	}
	return unix.SIGTERM
}

// onExit kills what is left first: nothing of the old run may live on, neither to delay our exit
// nor to meet the next run.
func (p policy) onExit(s state, e event) (state, []action) {
	again := []action{{verb: doKill}, {verb: doArm, after: clearTime}}
	next := s.after(e.lived)
	next.phase, next.code = clearing, e.n
	switch {
	case s.phase == restarting:
		if wait := next.pause(); wait > 0 {
			again = append(again, action{verb: doSay, n: sayRepeated, after: wait})
		}
		return next, again
	case s.phase == running && next.crashes < p.crashes && isCrash(e.n):
		next.crashes++
		return next, append(again, action{verb: doSay, n: sayCrashed, after: next.pause()})
	}
	return p.finish(s, e.n)
}

// finish leaves with a code as soon as nothing is left.
func (p policy) finish(s state, code int) (state, []action) {
	if p.lastInit || s.phase == resting { // then it is nothing that our exit does not kill
		return state{phase: ended}, []action{{verb: doFinish, n: code}}
	}
	s.phase, s.code = ending, code
	return s, []action{{verb: doKill}, {verb: doArm, after: clearTime}}
}

func onRefused(s state) (state, []action) {
	s.phase = resting
	s.quick = max(s.quick+1, 2) // never at once
	return s, []action{{verb: doSay, n: sayRefused, after: s.pause()}, {verb: doArm, after: s.pause()}}
}

// onTime moves on when a phase is over.
func (p policy) onTime(s state, e event) (state, []action) {
	kill := action{verb: doKill}
	left := []action{{verb: doSay, n: sayLeft}}
	switch s.phase {
	case stopping, restarting:
		if e.kind == expired {
			return s, []action{kill, {verb: doSay, n: sayKilled}}
		}
	case clearing:
		rest := action{verb: doArm, after: s.pause()}
		switch e.kind {
		case crowded: // what was born or lost its parent meanwhile
			return s, []action{kill}
		case alone:
			return s.to(resting), []action{rest}
		}
		return s.to(resting), append(left, rest)
	case resting:
		if e.kind == expired {
			return s.to(running), []action{{verb: doRestart}}
		}
	case ending:
		finish := action{verb: doFinish, n: s.code}
		switch e.kind {
		case crowded:
			return s, []action{kill}
		case alone:
			return state{phase: ended}, []action{finish}
		}
		return state{phase: ended}, append(left, finish)
	}
	return s, nil
}
