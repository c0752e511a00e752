package supervise

import "golang.org/x/sys/unix"

// phase is where the command is in its life.
type phase uint8

const (
	idle       phase = iota // not started yet
	running                 // started, and nobody wants it to end
	stopping                // asked to end, for good
	restarting              // asked to end, to be started again
	ended                   // there is an exit code; nothing matters any more
)

// state is all the init remembers from one event to the next.
type state struct {
	phase phase
}

// event is something that happened, with its one number.
type event struct {
	kind eventKind
	n    int
}

type eventKind uint8

const (
	begun       eventKind = iota // the init is ready
	signalled                    // signal n arrived
	exited                       // the command ended with exit code n, and is reaped
	unstartable                  // the command could not be started, which means exit code n
	expired                      // the shutdown deadline passed
)

// action is something to do, with its one number.
type action struct {
	verb verb
	n    int
}

type verb uint8

const (
	doStart    verb = iota // start the command for the first time
	doRestart              // start it again
	doForward              // send signal n to its group
	doKill                 // SIGKILL what there is of its group
	doArm                  // start the shutdown deadline
	doComplain             // say that the command did not stop in time
	doFinish               // leave with exit code n
)

// step decides: what to do about an event, and which state that leads to.
func step(s state, e event) (state, []action) {
	switch {
	case s.phase == ended:
		return s, nil
	case e.kind == unstartable:
		return state{ended}, []action{{verb: doFinish, n: e.n}}
	case s.phase == idle:
		if e.kind == begun {
			return state{running}, []action{{verb: doStart}}
		}
		return s, nil
	case e.kind == signalled:
		return onSignal(s, unix.Signal(e.n))
	case e.kind == exited:
		return onExit(s, e.n)
	case e.kind == expired && s.phase != running: // else it belongs to a stop that is over
		return s, []action{{verb: doKill}, {verb: doComplain}}
	}
	return s, nil
}

func onSignal(s state, sig unix.Signal) (state, []action) {
	pass := action{verb: doForward, n: int(sig)}
	switch roleOf(sig) {
	case roleForward:
		return s, []action{pass}
	case roleStop:
		if s.phase == running {
			return state{stopping}, []action{pass, {verb: doArm}}
		}
		// The deadline stays where it is: whoever repeats a SIGTERM is not more patient. And
		// a command that was stopping to be restarted now stops for good.
		return state{stopping}, []action{pass}
	case roleRestart:
		if s.phase == running {
			return state{restarting}, []action{{verb: doForward, n: int(unix.SIGTERM)}, {verb: doArm}}
		}
		// A restart does not undo a stop, nor double a restart.
	}
	return s, nil
}

// onExit kills the rest of the group first: nothing of the old run may live on, neither to delay
// our exit nor to meet the next run.
func onExit(s state, code int) (state, []action) {
	if s.phase == restarting {
		return state{running}, []action{{verb: doKill}, {verb: doRestart}}
	}
	return state{ended}, []action{{verb: doKill}, {verb: doFinish, n: code}}
}
