package supervise

import "golang.org/x/sys/unix"

// onBegun begins with the hooks, where there are any.
func onBegun(s state, e begun) (state, []action) {
	if e.hooks {
		return s.to(hooking), []action{doHook{}}
	}
	return s.to(deciding), []action{doDecide{}}
}

// stepEarly is step before there is a command.
func (p policy) stepEarly(s state, e event) (state, []action, error) {
	switch e := e.(type) {
	case signalled:
		next, actions := p.onEarlySignal(s, e.signal)
		return next, actions, nil
	case crowded, alone, due:
		return s, nil, nil
	case denied:
		return onDenied(s, e)
	case exited:
		if s.phase == hooking {
			next, actions := p.onHooksEnd(s, e)
			return next, actions, nil
		}
	case halted:
		if s.phase == hooking {
			return s, []action{doHalt(e)}, nil
		}
	case approved:
		if s.phase != failing { // also without a phase of its own, where there are no hooks
			s.approved = true
			return s.to(running), []action{doStart{again: s.again}}, nil
		}
	case told:
		if s.phase == failing {
			return s, []action{doArm{max(0, ShortestLife-e.age)}}, nil
		}
	case expired:
		if s.phase == failing {
			next, actions := p.finish(s, s.code)
			return next, actions, nil
		}
	}
	return s, nil, impossible(s, e)
}

// onEarlySignal ends a start at once, or keeps a signal for the command that is to come. A failure
// came before the signal: its code stays.
func (p policy) onEarlySignal(s state, sig unix.Signal) (state, []action) {
	stops := roleOf(sig) == roleStop
	kept := doKeep{sig} // it is rewritten when its time has come
	sig = p.rewritten(sig)
	if sig == 0 {
		return s, nil
	}
	switch sig {
	case unix.SIGUSR1:
		if s.phase == failing {
			return s, nil
		}
		return s, []action{doSay{sentence: sayStarting}}
	case unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT:
		stops = true
	}
	switch {
	case stops && s.phase == failing:
		return p.finish(s, s.code)
	case stops:
		return p.finish(s, bySignal(sig))
	case s.phase == failing, roleOf(sig) != roleForward:
		return s, nil
	case sig == unix.SIGTSTP:
		return s, []action{doSuspend{sig}}
	case sig == unix.SIGCONT && s.phase == hooking:
		return s, []action{doForward{sig}} // a shell that continues us means the hooks, too
	case sig == unix.SIGCONT: // it was for us
		return s, nil
	}
	return s, []action{kept}
}

// onHooksEnd goes on whatever the hooks made of it: only a signal is a wish that there be no start.
func (p policy) onHooksEnd(s state, e exited) (state, []action) {
	if e.by != 0 {
		return p.finish(s, bySignal(e.by))
	}
	return s.to(deciding), []action{doDecide{}}
}

// onDenied stays until the user has been told.
func onDenied(s state, e denied) (state, []action, error) {
	switch s.phase {
	case hooking, deciding, running:
		s.code = e.code
		return s.to(failing), []action{doArm{tellTime}}, nil
	case ending: // the start was stopped meanwhile
		return s, nil, nil
	}
	return s, nil, impossible(s, e)
}

// onRefused tries again later. A restart is of a container that is up already, and had better stay so.
func onRefused(s state, e refused) (state, []action, error) {
	if s.phase != running {
		return s, nil, impossible(s, e)
	}
	s.phase = resting
	s.quick = max(s.quick+1, 2) // never at once
	return s, []action{doSay{sayRefused, s.pause()}, doArm{s.pause()}}, nil
}
