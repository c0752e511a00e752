package supervise

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// spawn starts a process once we have all threads that we shall need: it may fill the container.
func (l *loop) spawn(command Command, foreground bool) (int, *fault.Error) {
	l.threads.Wait()
	return spawn(command, foreground, l.options.CoreLimit)
}

// launch starts the hooks or the command, on the terminal.
func (l *loop) launch(command Command) *fault.Error {
	l.since = time.Now()
	pid, err := l.spawn(command, l.terminal.give())
	if err == nil {
		l.child, l.group = pid, pid
	}
	return err
}

// runHooks starts what comes before the first decision, unless the start was stopped meanwhile.
func (l *loop) runHooks(hooks Command) {
	if l.state.phase != hooking {
		return
	}
	if err := l.launch(hooks); err != nil {
		l.fail(err)
	}
}

// startCommand starts what was decided. It is always the last action of a step, so a failure can be
// the next event at once.
func (l *loop) startCommand() {
	l.suspendedByUs = false
	switch err := l.launch(l.decision.Command); {
	case err == nil:
		l.commandStarted()
	case l.state.again && isTransient(err):
		l.options.Warn("cannot restart the command: " + err.Cause.Error())
		l.handle(refused{})
	default:
		l.fail(err)
	}
}

// commandStarted does what had to wait until the command is there.
func (l *loop) commandStarted() {
	// A Ctrl-Z from before the command had the terminal was for us, and a command that it stops would not be
	// continued by anybody.
	if l.options.rewritten(unix.SIGTSTP) == unix.SIGTSTP && inbox.drop(unix.SIGTSTP) {
		suspendSelf(unix.SIGTSTP)
	}
	for sig, count := range l.kept {
		if count > 0 {
			inbox.putBack(unix.Signal(sig), count)
		}
	}
	clear(l.kept[:])
	if after := l.decision.After; after != nil {
		l.background.run(func(context.Context) func() { after(); return nil }, l.warnOf)
	}
	l.decision = Decision{} // nothing of it stays
	l.pages, l.trimTime = nil, l.since.Add(trimAfter)
}

// doChore reads the counter of kills, and runs the chore unless what the last decision has stored is still on its
// way to the disk.
// One that has not ended since the last time never will; the next one follows when it is gone, or they
// would gather on a disk that keeps even what is killed.
func (l *loop) doChore() {
	if l.chore != 0 {
		_ = unix.Kill(-l.chore, unix.SIGKILL)
		return
	}
	if !l.background.isIdle() {
		return
	}
	l.lookAtMemory()
	pid, err := l.spawn(*l.start.Chore, false)
	if err != nil {
		l.options.Warn("cannot run " + l.start.Chore.Args[0] + ": " + err.Cause.Error())
	}
	l.chore = pid
}

// reap collects every process that has ended, ours and adopted ones alike.
func (l *loop) reap() {
	alone := false
	for l.state.phase != ended {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED, nil)
		if err == unix.ECHILD {
			alone = true
			l.group, l.hooksGroup = 0, 0 // their numbers may mean others some day
		}
		if err != nil || pid <= 0 { // none that has ended
			break
		}
		switch {
		case pid == l.child:
			l.inspect(status)
		case pid == l.chore && !status.Stopped():
			l.chore = 0
		case status.Signal() == unix.SIGKILL && l.state.phase == running:
			l.planLook()
		}
	}
	// Before their numbers can mean other groups.
	if l.child == 0 && l.group != 0 && isGone(l.group) {
		l.group = 0
	}
	if l.hooksGroup != 0 && isGone(l.hooksGroup) {
		l.hooksGroup = 0
	}
	l.handle(reaped{alone: alone, quiet: l.child == 0 && l.group == 0 && l.hooksGroup == 0})
}

// inspect handles news from the hooks or the command.
func (l *loop) inspect(status unix.WaitStatus) {
	if status.Stopped() {
		if status.StopSignal() != unix.SIGSTOP { // which only ever means: stay stopped
			l.handle(suspended{status.StopSignal()})
		}
		return
	}
	l.child = 0
	if l.state.phase == hooking {
		l.hooksGroup, l.group = l.group, 0
	}
	l.terminal.takeBack() // or Ctrl-C during the decision would reach nobody
	e := exited{code: exitCode(ExitCode(status)), killed: status.Signaled(), lived: time.Since(l.since)}
	if l.state.isUnexpected(e) {
		e.memory = l.memoryRanOut()
	}
	l.handle(e)
}
