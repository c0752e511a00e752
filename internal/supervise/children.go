package supervise

import (
	"time"

	"golang.org/x/sys/unix"
)

// spawn starts a process once we have all threads that we shall need: it may fill the container.
func (l *loop) spawn(command Command, foreground bool) (int, *StartError) {
	l.spared.Wait()
	return spawn(command, foreground, l.options.CoreLimit)
}

// runHooks starts what comes before the first decision, unless the start was stopped meanwhile.
func (l *loop) runHooks() {
	if l.state.phase != hooking {
		return
	}
	l.since = time.Now()
	pid, err := l.spawn(*l.beside.hooks, l.terminal.give())
	if err != nil {
		l.fail(err)
		return
	}
	l.child, l.group = pid, pid
}

// decide has it decided what to start. What a chore is doing is the decision's own to do now.
func (l *loop) decide(again bool) {
	if again {
		l.began = time.Now()
	}
	if l.task != 0 {
		_ = unix.Kill(-l.task, unix.SIGKILL)
	}
	l.beside.decide(again, l.start.Decide)
}

// startCommand starts what was decided. It is always the last action of a step, so a failure can be
// the next event at once.
func (l *loop) startCommand(again bool) {
	l.since, l.asked = time.Now(), false
	decision := l.beside.verdict.decision
	pid, err := l.spawn(decision.Command, l.terminal.give())
	switch {
	case err == nil:
		l.child, l.group = pid, pid
		l.beside.verdict = verdict{} // nothing of it stays
		l.suspend()
		l.deliver()
		l.freed, l.slimming = false, l.since.Add(freeAfter)
		l.beside.settle(decision.Settle)
	case again && err.passes():
		l.warn("cannot start the command again: " + err.Err.Error())
		l.handle(refused{})
	default:
		l.fail(err)
	}
}

// suspend does what Ctrl-Z asks for that was pressed before the command had the terminal: it was for us, and
// a command that it stops would not be continued by anybody.
func (l *loop) suspend() {
	if l.policy.rewritten(unix.SIGTSTP) == unix.SIGTSTP && box.drop(unix.SIGTSTP) {
		haltSelf(unix.SIGTSTP)
	}
}

// deliver lets the signals that were kept come once more.
func (l *loop) deliver() {
	for _, k := range l.kept {
		box.putBack(k.signal, k.count)
	}
	l.kept = nil
}

// doChore runs the chore, unless what the last decision has stored is still on its way to the disk.
// One that has not ended since the last time never will; the next one follows when it is gone, or they
// would gather on a disk that keeps even what is killed.
func (l *loop) doChore() {
	if l.task != 0 {
		_ = unix.Kill(-l.task, unix.SIGKILL)
		return
	}
	if !l.beside.isIdle() {
		return
	}
	pid, err := l.spawn(*l.start.Chore, false)
	if err != nil {
		l.warn("cannot run " + l.start.Chore.Args[0] + ": " + err.Err.Error())
	}
	l.task = pid
}

// reap collects every process that has ended, ours and adopted ones alike.
func (l *loop) reap() {
	var left event = crowded{}
	for l.state.phase != ended {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED, nil)
		if err == unix.EINTR {
			continue
		}
		if err == unix.ECHILD {
			left = alone{}
			l.group, l.hooks = 0, 0 // their numbers may mean others some day
		}
		if err != nil || pid <= 0 { // none that has ended
			break
		}
		switch {
		case pid == l.child:
			l.look(status)
		case pid == l.task && !status.Stopped():
			l.task = 0
		}
	}
	if l.hooks != 0 && isGone(l.hooks) {
		l.hooks = 0 // before its number can mean another group
	}
	l.handle(left)
}

// look handles news from the hooks or the command.
func (l *loop) look(status unix.WaitStatus) {
	if status.Stopped() {
		if status.StopSignal() != unix.SIGSTOP { // which only ever means: stay stopped
			l.handle(halted{status.StopSignal()})
		}
		return
	}
	end := exited{code: exitCode(ExitCode(status)), lived: time.Since(l.since)}
	if status.Signaled() {
		end.by = status.Signal()
	}
	l.child = 0
	if l.state.phase == hooking {
		l.hooks, l.group = l.group, 0
	}
	l.terminal.takeBack() // or Ctrl-C during the decision would reach nobody
	l.handle(end)
}
