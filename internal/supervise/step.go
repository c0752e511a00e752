package supervise

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// step decides what to do about an event, and which state that leads to. The error is for an event
// that is not possible in this state; it changes nothing then.
func (o *Options) step(s state, e event) (state, []action, error) {
	switch {
	case s.phase == ended:
		return s, nil, nil
	case !e.possible(s.phase):
		return s, nil, fmt.Errorf("impossible event %T while %s", e, s.phase)
	}
	next, actions := o.react(s, e)
	return next, actions, nil
}

// to is the state in another phase, with what is to be done on the way.
func (s state) to(p phase, actions ...action) (state, []action) {
	s.phase = p
	return s, actions
}

// stay is the same state, with what is to be done.
func (s state) stay(actions ...action) (state, []action) { return s, actions }

// react is step for an event that is possible.
func (o *Options) react(s state, e event) (state, []action) {
	switch e := e.(type) {
	case begun:
		if e.hooks {
			return s.to(hooking, doHook{})
		}
		return s.to(deciding, doDecide{})
	case approved:
		if s.phase != ending { // from hooking, too: without hooks the decision follows at once
			s.approved = true
			return s.to(running, doStart{})
		}
	case denied:
		if s.phase != ending {
			s.code = e.code
			return s.to(failing, doArm{reportTime})
		}
	case reported:
		if s.phase == failing {
			return s.stay(doArm{max(0, MinLifetime-e.age)})
		}
	case refused: // a restart is of a container that is up already, and had better stay so
		s.quickStarts = max(s.quickStarts+1, 2) // never at once
		return s.to(resting, doSay{"retrying in " + s.pause().String()}, doArm{s.pause()})
	case signaled:
		return o.onSignal(s, e.signal)
	case suspended:
		if s.phase == hooking || s.phase == running {
			return s.stay(doSuspend(e))
		}
	case exited:
		return o.onExit(s, e)
	case reaped:
		return o.onReaped(s, e)
	case expired:
		return o.onDeadline(s)
	case due:
		if s.phase == running {
			return s.stay(doChore{})
		}
	}
	return s, nil
}

// onSignal takes a signal for what it is rewritten to. SIGTERM and SIGINT stay requests to stop even so,
// unless they become SIGUSR1 or are dropped.
func (o *Options) onSignal(s state, received unix.Signal) (state, []action) {
	sig := o.rewritten(received)
	stops := isStop(received) || isStop(sig)
	switch {
	case sig == 0, s.phase == ending:
		return s, nil
	case sig == unix.SIGUSR1:
		return o.onRestart(s)
	case s.phase.isOneOf(running, stopping, restarting):
		return o.onLateSignal(s, sig, stops)
	case stops, sig == unix.SIGHUP, sig == unix.SIGQUIT:
		code := fault.ExitSignal + exitCode(sig)
		if s.phase == failing { // the failure came before the signal: its code stays
			code = s.code
		}
		return o.finish(s, code)
	case s.phase == failing, !isForwarded(sig):
		return s, nil
	case sig == unix.SIGTSTP:
		return s.stay(doSuspendSelf{})
	case sig == unix.SIGCONT && s.phase == hooking:
		return s.stay(doForward{sig}) // a shell that continues us means the hooks, too
	case sig == unix.SIGCONT: // it was for us
		return s, nil
	}
	return s.stay(doKeep{received}) // it is rewritten when it is delivered
}

// onRestart neither undoes a stop nor doubles a restart.
func (o *Options) onRestart(s state) (state, []action) {
	switch s.phase {
	case running:
		return s.to(restarting, o.stop(o.stopSignal())...)
	case hooking, deciding, clearing, resting:
		return s.stay(doSay{"restart ignored: the command is already starting"})
	}
	return s, nil
}

// onLateSignal passes a signal on to the command.
func (o *Options) onLateSignal(s state, sig unix.Signal, stops bool) (state, []action) {
	switch {
	case !isForwarded(sig) && !isStop(sig):
		return s, nil
	case !stops:
		return s.stay(doForward{sig})
	case s.phase == running:
		return s.to(stopping, o.stop(sig)...)
	}
	// The deadline stays where it is: whoever repeats a SIGTERM is not more patient. And a command
	// that was stopping to be restarted now stops for good.
	return s.to(stopping, doForward{sig}, doForward{unix.SIGCONT})
}

// stop asks the command to end. It could not if it were stopped by a signal, hence SIGCONT.
func (o *Options) stop(sig unix.Signal) []action {
	return []action{doForward{sig}, doForward{unix.SIGCONT}, doArm{o.ShutdownTimeout}}
}

func (o *Options) rewritten(sig unix.Signal) unix.Signal {
	if to, ok := o.Rewrite[sig]; ok {
		return to
	}
	return sig
}

// stopSignal is what the command understands as a request to end.
func (o *Options) stopSignal() unix.Signal {
	if sig := o.rewritten(unix.SIGTERM); sig != 0 && sig != unix.SIGUSR1 {
		return sig
	}
	return unix.SIGTERM
}

// onExit goes on after the hooks, whatever they made of it: only a signal that ends them is a wish that there
// be no start.
func (o *Options) onExit(s state, e exited) (state, []action) {
	switch {
	case s.phase == ending: // there is a code already
		return s, nil
	case s.phase == hooking && !e.killed:
		return s.to(deciding, doDecide{})
	case s.phase == running && s.after(e).crashes < o.RestartOnCrash && isCrash(e.code):
		next := s.after(e)
		next.crashes++
		return next.clear(doSay{fmt.Sprintf("%s: restarting%s, attempt %d of %d",
			e.cause("the command"), in(next.pause()), next.crashes, o.RestartOnCrash)})
	}
	why := s.why(e)
	if o.WaitForGroup && s.phase.isOneOf(stopping, restarting) && !s.overdue {
		s.lingers, s.last = true, e
		return s.stay(why...)
	}
	return o.goOn(s, e, why...)
}

// goOn is called when the command has ended, and with it all processes that may take as long to stop.
func (o *Options) goOn(s state, e exited, before ...action) (state, []action) {
	s.lingers = false
	if s.phase != restarting {
		return o.finish(s, e.code, before...)
	}
	next := s.after(e)
	if wait := next.pause(); wait > 0 {
		before = append(before, doSay{"restarting too fast; next start" + in(wait)})
	}
	return next.clear(before...)
}

// clear kills what is left before the next start: nothing of the old run may live on to meet it.
func (s state) clear(more ...action) (state, []action) {
	return s.to(clearing, append([]action{doKill{}, doArm{clearTime}}, more...)...)
}

// finish leaves with a code as soon as nothing is left.
func (o *Options) finish(s state, code exitCode, before ...action) (state, []action) {
	s.code = code
	if o.isPID1 || s.phase == resting { // then it is nothing that our exit does not kill
		return s.to(ended, before...)
	}
	return s.to(ending, append(before, doKill{}, doArm{clearTime}, doReap{})...)
}

// onReaped kills what was born or lost its parent meanwhile, until nothing is left.
func (o *Options) onReaped(s state, e reaped) (state, []action) {
	switch {
	case s.lingers && e.quiet:
		return o.goOn(s, s.last)
	case s.phase != clearing && s.phase != ending:
		return s, nil
	case e.alone:
		return s.cleared()
	}
	return s.stay(doKill{})
}

// cleared goes on when nothing is left, or is waited for no longer.
func (s state) cleared(before ...action) (state, []action) {
	if s.phase == clearing {
		return s.to(resting, append(before, doArm{s.pause()})...)
	}
	return s.to(ended, before...)
}

// onDeadline moves on when a phase has taken as long as it may.
func (o *Options) onDeadline(s state) (state, []action) {
	switch s.phase {
	case failing:
		return o.finish(s, s.code)
	case stopping, restarting:
		said := doSay{"the command did not stop within " + o.ShutdownTimeout.String() + " and was killed"}
		if s.lingers {
			said.line = "what the command left running did not stop within " + o.ShutdownTimeout.String() + " and was killed"
			return o.goOn(s, s.last, said)
		}
		s.overdue = true
		return s.stay(doKill{}, said)
	case clearing, ending:
		return s.cleared(doSay{"some processes could not be killed in time"})
	}
	if s.approved {
		return s.to(running, doStart{})
	}
	return s.to(deciding, doDecide{})
}

func in(wait time.Duration) string {
	if wait == 0 {
		return ""
	}
	return " in " + wait.String()
}
