package supervise

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/task"
)

// loop carries out what step decides.
type loop struct {
	start      Start
	options    Options
	terminal   terminal
	background background
	threads    sync.WaitGroup // until the spare threads are there

	deadline  time.Time // of doArm; zero for none
	choreTime time.Time // when the chore is due; zero for never
	trimTime  time.Time // when to give memory back; zero for never
	pages     []mapping // of our program, to give back next
	trimsLeft int       // how often still

	state    state
	began    time.Time              // when this start began
	decision Decision               // until the command is started
	kept     [lastSignal + 1]uint32 // how often each signal came for the command that is to be started

	child         int       // the process of the hooks or the command, 0 once it is reaped
	group         int       // its process group, which may outlive it
	hooksGroup    int       // the hooks' process group when they are over, 0 once it is empty
	since         time.Time // when child was started
	suspendedByUs bool      // child was suspended by a signal from us, and not by its terminal
	chore         int       // the chore's process, 0 for none

	kills     Kills     // of the last reading
	lookTime  time.Time // when to read the counter of kills; zero for never
	isLooking bool      // true while the counter is read in the background
}

func newLoop(ctx context.Context, start Start, options Options) *loop {
	options.isPID1 = unix.Getpid() == 1
	return &loop{start: start, options: options, background: background{ctx: ctx}}
}

func (l *loop) run() {
	l.planChore()
	l.began = time.Now()
	l.handle(begun{hooks: l.start.Hooks != nil})
	l.reap() // a zombie left to us by whoever was this process before sends no SIGCHLD any more
	for l.state.phase != ended {
		l.wait()
	}
	l.terminal.takeBack()
}

// wait waits for something to happen and handles it.
func (l *loop) wait() {
	inbox.await(earliest(l.deadline, l.choreTime, l.trimTime, l.lookTime), l.background.isIdle())
	// Those that are waiting now, and then a look at the clock: signals without end must not keep
	// the deadline from passing.
	for range inbox.waiting() {
		l.receive(inbox.next())
	}
	if hasCome(l.deadline) {
		l.deadline = time.Time{}
		l.handle(expired{})
	}
	if hasCome(l.trimTime) {
		l.trimTime = time.Time{}
		l.trim()
	}
	if hasCome(l.lookTime) {
		l.lookTime = time.Time{}
		l.lookAtMemory()
	}
	if hasCome(l.choreTime) {
		l.planChore()
		l.handle(due{})
	}
}

// earliest is the first of some moments, of which those that are zero never come.
func earliest(moments ...time.Time) (first time.Time) {
	for _, moment := range moments {
		if first.IsZero() || !moment.IsZero() && moment.Before(first) {
			first = moment
		}
	}
	return first
}

// planChore draws the moment of the next one, so that many containers that were started together do
// not ask the same server at once.
func (l *loop) planChore() {
	if l.options.ChoreEvery <= 0 || l.start.Chore == nil {
		return
	}
	every := max(l.options.ChoreEvery, 100*time.Millisecond) // more often would be all we do
	l.choreTime = time.Now().Add(every/2 + rand.N(every/2+1))
}

// receive handles a signal that came so many times since it was handled last, or a mark.
func (l *loop) receive(sig unix.Signal, count uint32) {
	const firstQueued, batch = 32, 64
	if sig == markDone {
		l.background.follow()
		return
	}
	if sig < firstQueued {
		count = min(count, 1) // the kernel does not count these, either
	}
	// A flood must not keep a SIGTERM behind it from its turn.
	if count > batch {
		inbox.putBack(sig, count-batch)
		count = batch
	}
	for range count {
		if sig == unix.SIGCHLD {
			l.reap()
		} else {
			l.handle(signaled{sig})
		}
	}
}

func (l *loop) handle(e event) {
	next, actions, err := l.options.step(l.state, e)
	if err != nil {
		l.options.Warn(err.Error())
	}
	l.state = next
	for _, a := range actions {
		a.do(l)
	}
}

// findHooks looks for hooks and runs them. Without any, the decision follows on the same goroutine: every turn
// that the loop and others take costs a start time, most of all on a busy machine.
func (l *loop) findHooks() {
	l.background.run(func(ctx context.Context) func() {
		if hooks := l.start.Hooks(); hooks != nil {
			return func() { l.runHooks(*hooks) }
		}
		return l.decided(l.start.Decide(ctx, false))
	}, l.decisionFailed)
}

// decide has it decided what to start. What a chore is doing is the decision's own to do now.
func (l *loop) decide() {
	again := l.state.again
	if again {
		l.began = time.Now()
	}
	if l.chore != 0 {
		_ = unix.Kill(-l.chore, unix.SIGKILL)
	}
	l.background.run(func(ctx context.Context) func() {
		return l.decided(l.start.Decide(ctx, again))
	}, l.decisionFailed)
}

// decided is what the loop does about a decision, unless the start was stopped meanwhile: then there is
// nothing to report.
func (l *loop) decided(decision Decision, err error) func() {
	return func() {
		switch {
		case !l.state.phase.isOneOf(hooking, deciding):
		case err != nil:
			l.fail(err)
		default:
			l.decision = decision
			l.handle(approved{})
		}
	}
}

func (l *loop) decisionFailed(p *task.Panic) { l.decided(Decision{}, p)() }

// fail has an error reported, and leaves with its code.
func (l *loop) fail(err error) {
	code, report := l.start.Fail(err)
	then := func() { l.handle(reported{time.Since(l.began)}) }
	l.background.run(func(context.Context) func() {
		report()
		return then
	}, func(p *task.Panic) {
		l.warnOf(p)
		then()
	})
	l.handle(denied{exitCode(code)})
}

// warnOf is all that follows from a panic in work beside a running command, which is worth more.
func (l *loop) warnOf(p *task.Panic) {
	l.options.Warn("internal error: " + p.Error())
}
