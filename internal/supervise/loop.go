package supervise

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/task"
)

// loop carries out what step decides.
type loop struct {
	start    Start
	options  Options
	policy   policy
	terminal terminal
	beside   beside
	spared   sync.WaitGroup // until the spare threads are there
	deadline time.Time      // of step's doArm; zero for none
	chore    time.Time      // when it is due; zero for never
	slimming time.Time      // when to give memory back; zero for never
	freed    bool           // the first step of that is taken
	program  []mapping      // of our program file, to give back; read when nothing goes on beside

	state state
	began time.Time // when this start began
	kept  []kept    // signals for the command that is to come
	child int       // the process of the hooks or the command, 0 once it is reaped
	group int       // its process group, which may outlive it
	hooks int       // the hooks' process group when they are over, 0 once it is empty
	since time.Time // when child was started
	asked bool      // to stop in the sense of job control, and not by its terminal
	task  int       // the chore's process, 0 for none
	sweep bool      // who is left has to be found out

	code exitCode
}

// Unsettled is the line about a disk that takes too long.
const Unsettled = "the disk does not answer: what was stored may not survive a loss of power"

// kept is a signal that came so many times.
type kept struct {
	signal unix.Signal
	count  uint32
}

func newLoop(ctx context.Context, start Start, options Options) *loop {
	l := &loop{start: start, options: options, policy: policy{
		timeout:  options.ShutdownTimeout,
		crashes:  options.RestartOnCrash,
		rewrite:  options.Rewrite,
		lastInit: unix.Getpid() == 1,
	}}
	l.beside = newBeside(ctx, func(p *task.Panic) { l.warn("an error of the entrypoint itself: " + p.Error()) })
	return l
}

func (l *loop) run() {
	l.planChore()
	l.began = time.Now()
	l.handle(begun{hooks: l.start.Hooks != nil})
	l.reap() // a zombie left to us by whoever was this process before sends no SIGCHLD any more
	for l.state.phase != ended {
		l.wait()
	}
	if !l.beside.stop() {
		l.warn(Unsettled)
	}
	l.terminal.takeBack()
}

// wait waits for something to happen and handles it.
func (l *loop) wait() {
	box.await(earliest(l.deadline, l.chore, l.slimming), l.beside.isIdle())
	// Those that are waiting now, and then a look at the clock: signals without end must not keep
	// the deadline from passing.
	for range box.waiting() {
		l.receive(box.next())
	}
	if hasCome(l.deadline) {
		l.deadline = time.Time{}
		l.handle(expired{})
	}
	if hasCome(l.slimming) {
		l.slim()
	}
	if hasCome(l.chore) {
		l.planChore()
		l.handle(due{})
	}
	if l.sweep {
		l.sweep = false
		l.reap()
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

func hasCome(moment time.Time) bool { return !moment.IsZero() && !time.Now().Before(moment) }

// planChore draws the moment of the next one, so that many containers that were started together do
// not ask the same server at once.
func (l *loop) planChore() {
	if l.options.ChoreEvery <= 0 || l.start.Chore == nil {
		return
	}
	every := max(l.options.ChoreEvery, 100*time.Millisecond) // more often would be all we do
	l.chore = time.Now().Add(every/2 + rand.N(every/2+1))
}

// receive handles a signal that came so many times since it was handled last, or a mark.
func (l *loop) receive(sig unix.Signal, count uint32) {
	const firstQueued, batch = 32, 64
	if sig > lastSignal {
		l.receiveMark(uint32(sig))
		return
	}
	if sig < firstQueued {
		count = min(count, 1) // the kernel does not count these, either
	}
	// A flood must not keep a SIGTERM behind it from its turn.
	if count > batch {
		box.putBack(sig, count-batch)
		count = batch
	}
	for range count {
		if roleOf(sig) == roleReap {
			l.reap()
		} else {
			l.handle(signalled{sig})
		}
	}
}

// receiveMark handles what our own goroutines have to say.
func (l *loop) receiveMark(mark uint32) {
	switch mark {
	case markHooks:
		l.beside.done()
		l.runHooks()
	case markDecided:
		l.beside.done()
		l.learn(l.beside.verdict)
	case markTold:
		l.beside.done()
		l.handle(told{time.Since(l.began)})
	case markIdle:
		l.beside.done()
	}
}

// learn takes note of a decision, unless the start was stopped meanwhile: then there is nothing to tell.
func (l *loop) learn(v verdict) {
	switch {
	case l.state.phase != deciding && l.state.phase != hooking:
	case v.err != nil:
		l.fail(v.err)
	default:
		l.handle(approved{})
	}
}

// fail has an error told, and leaves with its code.
func (l *loop) fail(err error) {
	code, tell := l.start.Fail(err)
	l.beside.doThen(markTold, tell)
	l.handle(denied{exitCode(code)})
}

func (l *loop) handle(e event) {
	next, actions, err := l.policy.step(l.state, e)
	if err != nil {
		l.warn(err.Error())
		return
	}
	l.sweep = l.sweep || next.phase == ending && l.state.phase != ending
	l.state = next
	for _, a := range actions {
		l.do(a)
	}
}

func (l *loop) do(a action) {
	switch a := a.(type) {
	case doHook:
		l.beside.decideUnlessHooked(l.start.Hooks, l.start.Decide)
	case doDecide:
		l.decide(a.again)
	case doStart:
		l.startCommand(a.again)
	case doKeep:
		l.keep(a.signal)
	case doForward:
		l.forward(a.signal)
	case doHalt:
		l.halt(a.signal)
	case doSuspend:
		haltSelf(a.signal)
	case doKill:
		l.kill()
	case doArm:
		l.deadline = time.Now().Add(a.after)
	case doChore:
		l.doChore()
	case doSay:
		l.say(a.sentence, a.after)
	case doFinish:
		l.code = a.code
	}
}

// keep keeps a signal for the command, counted if the kernel would count it.
func (l *loop) keep(sig unix.Signal) {
	for i := range l.kept {
		if l.kept[i].signal == sig {
			l.kept[i].count++
			return
		}
	}
	l.kept = append(l.kept, kept{sig, 1})
}

func (l *loop) say(what sentence, after time.Duration) {
	switch what {
	case sayKilled:
		l.warn("did not stop within " + l.options.ShutdownTimeout.String() + ": killed")
	case sayCrashed:
		l.warn("the command ended with exit code " + strconv.Itoa(int(l.state.code)) + ": starting it again" +
			in(after) + ", " + strconv.Itoa(l.state.crashes) + " of " + strconv.Itoa(l.policy.crashes))
	case sayRepeated:
		l.warn("one start soon after the other: the next one follows" + in(after))
	case sayStarting:
		l.warn("nothing to restart: the command is being started")
	case sayRefused:
		l.warn("trying again" + in(after))
	case sayLeft:
		l.warn("something of the command is left that could not be killed in time")
	}
}

func in(wait time.Duration) string {
	if wait == 0 {
		return ""
	}
	return " in " + wait.String()
}

func (l *loop) warn(line string) {
	if l.options.Warn != nil {
		l.options.Warn(line)
	}
}
