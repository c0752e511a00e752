package supervise

import (
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// loop carries out what step decides.
type loop struct {
	command  Command
	options  Options
	policy   policy
	terminal terminal
	deadline time.Time // of step's doArm; zero for none
	chore    time.Time // when it is due; zero for never
	slimming time.Time // when to slim; zero for never

	state state
	child int       // the command's process, 0 once it is reaped
	group int       // its process group, which may outlive it
	since time.Time // when it was started
	asked bool      // to stop in the sense of job control, and not by its terminal
	task  int       // the chore's process, 0 for none

	code int
	err  error
}

func newLoop(command Command, options Options) *loop {
	return &loop{command: command, options: options, policy: policy{
		timeout:  options.ShutdownTimeout,
		crashes:  options.RestartOnCrash,
		rewrite:  options.Rewrite,
		lastInit: unix.Getpid() == 1,
	}}
}

func (l *loop) run() {
	l.planChore()
	l.handle(event{kind: begun})
	l.reap() // a zombie left to us by whoever was this process before sends no SIGCHLD any more
	for l.state.phase != ended {
		l.wait()
	}
	l.terminal.takeBack()
}

// wait waits for something to happen and handles it.
func (l *loop) wait() {
	box.await(earliest(l.deadline, l.chore, l.slimming))
	// Those that are waiting now, and then a look at the clock: signals without end must not keep
	// the deadline from passing.
	for range box.waiting() {
		l.receive(box.next())
	}
	if hasCome(l.deadline) {
		l.deadline = time.Time{}
		l.handle(event{kind: expired})
		l.reap() // who is left when a restart failed?
	}
	if hasCome(l.slimming) {
		l.slimming = time.Time{}
		slim()
	}
	if hasCome(l.chore) {
		l.planChore()
		l.handle(event{kind: due})
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
	if l.options.ChoreEvery <= 0 || len(l.command.Chore) == 0 {
		return
	}
	every := max(l.options.ChoreEvery, 100*time.Millisecond) // more often would be all we do
	l.chore = time.Now().Add(every/2 + rand.N(every/2+1))
}

// receive handles a signal that came so many times since it was handled last.
func (l *loop) receive(sig unix.Signal, count uint32) {
	const firstQueued, batch = 32, 64
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
			restarts := roleOf(l.policy.rewritten(sig)) == roleRestart
			l.handle(event{kind: signalled, n: int(sig), starting: restarts && l.isStarting()})
		}
	}
}

// isStarting tells whether the command is still our own program and has not become another yet.
// Without /proc it looks as if it had.
func (l *loop) isStarting() bool {
	if !l.command.Boots || !seesProcesses() {
		return false
	}
	own, err := os.Readlink("/proc/self/exe")
	now, nowErr := os.Readlink("/proc/" + strconv.Itoa(l.child) + "/exe")
	return err == nil && nowErr == nil && own == now
}

// doChore runs the chore, unless the command is still starting. One that has not ended since the
// last time never will.
func (l *loop) doChore() {
	if l.task != 0 {
		_ = unix.Kill(l.task, unix.SIGKILL)
	}
	if l.isStarting() {
		return
	}
	pid, err := spawn(l.command.Path, l.command.Chore, l.command.Env, false)
	if err != nil {
		l.warn("cannot run " + l.command.Chore[0] + ": " + err.Err.Error())
	}
	l.task = pid
}

// reap collects every process that has ended, ours and adopted ones alike.
func (l *loop) reap() {
	left := alone
	for l.state.phase != ended {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED, nil)
		if err != nil { // no children
			break
		}
		if pid <= 0 { // none that has ended
			left = crowded
			break
		}
		switch {
		case pid == l.child:
			l.look(status)
		case pid == l.task && !status.Stopped():
			l.task = 0
		}
	}
	l.handle(event{kind: left})
}

// look handles news from the command itself.
func (l *loop) look(status unix.WaitStatus) {
	switch {
	case !status.Stopped():
		l.child = 0
		l.handle(event{kind: exited, n: ExitCode(status), lived: time.Since(l.since)})
	case status.StopSignal() != unix.SIGSTOP: // which only ever means: stay stopped
		l.handle(event{kind: halted, n: int(status.StopSignal())})
	}
}

func (l *loop) handle(e event) {
	next, actions := l.policy.step(l.state, e)
	l.state = next
	for _, a := range actions {
		l.do(a)
	}
}

func (l *loop) do(a action) {
	switch a.verb {
	case doStart:
		l.start(l.command.Args, false)
	case doRestart:
		if l.command.Restart != nil {
			l.start(l.command.Restart, true)
		} else {
			l.start(l.command.Args, true)
		}
	case doForward:
		l.forward(unix.Signal(a.n))
	case doHalt:
		l.halt(unix.Signal(a.n))
	case doKill:
		l.kill()
	case doArm:
		l.deadline = time.Now().Add(a.after)
	case doChore:
		l.doChore()
	case doSay:
		l.say(a)
	case doFinish:
		l.code = a.n
	}
}

// start starts the command. It is always the last action of a step, so a failure can be the next
// event at once. A restart is of a container that is up already, and had better stay so.
func (l *loop) start(argv []string, restart bool) {
	l.since, l.asked = time.Now(), false
	pid, err := spawn(l.command.Path, argv, l.command.Env, l.terminal.give())
	switch {
	case err == nil:
		l.child, l.group = pid, pid
		l.slimming = l.since.Add(time.Second) // not now, when every millisecond counts
	case restart && err.passes():
		l.warn("cannot start the command again: " + err.Err.Error())
		l.handle(event{kind: refused})
	default:
		l.err = err
		l.handle(event{kind: unstartable, n: err.Code})
	}
}

func (l *loop) say(a action) {
	switch a.n {
	case sayKilled:
		l.warn("did not stop within " + l.options.ShutdownTimeout.String() + ": killed")
	case sayCrashed:
		l.warn("the command ended with exit code " + strconv.Itoa(l.state.code) + ": starting it again" +
			in(a.after) + ", " + strconv.Itoa(l.state.crashes) + " of " + strconv.Itoa(l.policy.crashes))
	case sayRepeated:
		l.warn("one start soon after the other: the next one follows" + in(a.after))
	case sayStarting:
		l.warn("nothing to restart: the command is being started")
	case sayRefused:
		l.warn("trying again" + in(a.after))
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
