package supervise

import "golang.org/x/sys/unix"

// stepLate is step once there has been a command.
func (p policy) stepLate(s state, e event) (state, []action, error) {
	var actions []action
	switch e := e.(type) {
	case signalled:
		if s.phase == clearing || s.phase == resting {
			s, actions = p.onEarlySignal(s, e.signal)
		} else {
			s, actions = p.onSignal(s, e.signal)
		}
	case exited:
		if s.phase > restarting && s.phase != ending {
			return s, nil, impossible(s, e)
		}
		s, actions = p.onExit(s, e)
	case crowded, alone:
		s, actions = p.onTime(s, e)
	case expired:
		if s.phase == running {
			return s, nil, impossible(s, e)
		}
		s, actions = p.onTime(s, e)
	case halted:
		if s.phase == running {
			actions = []action{doHalt(e)}
		}
	case due:
		if s.phase == running {
			actions = []action{doChore{}}
		}
	case denied:
		return onDenied(s, e)
	case refused:
		return onRefused(s, e)
	case approved, told:
		if s.phase != ending { // of a start that was stopped
			return s, nil, impossible(s, e)
		}
	default:
		return s, nil, impossible(s, e)
	}
	return s, actions, nil
}

func (p policy) onSignal(s state, sig unix.Signal) (state, []action) {
	stops := roleOf(sig) == roleStop
	sig = p.rewritten(sig)
	if sig == 0 {
		return s, nil
	}
	switch roleOf(sig) {
	case roleRestart:
		if s.phase != running { // a restart does not undo a stop, nor double a restart
			return s, nil
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
	case ending:
		return s, nil
	}
	// The deadline stays where it is: whoever repeats a SIGTERM is not more patient. And a command
	// that was stopping to be restarted now stops for good.
	return s.to(stopping), append(forwarding(s, sig), doForward{unix.SIGCONT})
}

// forwarding passes a signal on if there is someone to get it.
func forwarding(s state, sig unix.Signal) []action {
	if s.phase == ending {
		return nil
	}
	return []action{doForward{sig}}
}

// stop asks the command to end. It could not if it were stopped by a signal, hence SIGCONT.
func (p policy) stop(sig unix.Signal) []action {
	return []action{doForward{sig}, doForward{unix.SIGCONT}, doArm{p.timeout}}
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
func (p policy) onExit(s state, e exited) (state, []action) {
	if s.phase == ending { // there is a code already
		return s, nil
	}
	again := []action{doKill{}, doArm{clearTime}}
	next := s.after(e.lived)
	next.phase, next.code = clearing, e.code
	next.again, next.approved = true, false
	switch {
	case s.phase == restarting:
		if wait := next.pause(); wait > 0 {
			again = append(again, doSay{sayRepeated, wait})
		}
		return next, again
	case s.phase == running && next.crashes < p.crashes && isCrash(e.code):
		next.crashes++
		return next, append(again, doSay{sayCrashed, next.pause()})
	}
	return p.finish(s, e.code)
}

// finish leaves with a code as soon as nothing is left.
func (p policy) finish(s state, code exitCode) (state, []action) {
	if p.lastInit || s.phase == resting { // then it is nothing that our exit does not kill
		return state{phase: ended}, []action{doFinish{code}}
	}
	s.phase, s.code = ending, code
	return s, []action{doKill{}, doArm{clearTime}}
}

// onTime moves on when a phase is over.
func (p policy) onTime(s state, e event) (state, []action) {
	_, isExpired := e.(expired)
	_, isAlone := e.(alone)
	switch s.phase {
	case stopping, restarting:
		if isExpired {
			return s, []action{doKill{}, doSay{sentence: sayKilled}}
		}
	case clearing:
		rest := doArm{s.pause()}
		switch {
		case isAlone:
			return s.to(resting), []action{rest}
		case isExpired:
			return s.to(resting), []action{doSay{sentence: sayLeft}, rest}
		}
		return s, []action{doKill{}} // what was born or lost its parent meanwhile
	case resting:
		switch {
		case isExpired && s.approved:
			return s.to(running), []action{doStart{again: true}}
		case isExpired:
			return s.to(deciding), []action{doDecide{again: true}}
		}
	case ending:
		finish := doFinish{s.code}
		switch {
		case isAlone:
			return state{phase: ended}, []action{finish}
		case isExpired:
			return state{phase: ended}, []action{doSay{sentence: sayLeft}, finish}
		}
		return s, []action{doKill{}}
	}
	return s, nil
}
