package supervise

import (
	"time"

	"golang.org/x/sys/unix"
)

// loop carries out what step decides.
type loop struct {
	signals  *Signals
	command  Command
	options  Options
	terminal terminal
	deadline *time.Timer

	state state
	child int // the command's process, 0 once it is reaped
	group int // its process group, which may outlive it

	code int
	err  error
}

func newLoop(signals *Signals, command Command, options Options) *loop {
	l := &loop{signals: signals, command: command, options: options}
	l.deadline = time.NewTimer(time.Hour)
	l.deadline.Stop()
	return l
}

func (l *loop) run() {
	l.handle(event{kind: begun})
	l.reap() // a zombie left to us by whoever was this process before sends no SIGCHLD any more
	for l.state.phase != ended {
		l.wait()
	}
	l.terminal.takeBack()
}

// wait waits for one thing to happen and handles it.
func (l *loop) wait() {
	select {
	case sig := <-l.signals.received:
		if roleOf(sig) == roleReap {
			l.reap()
		} else {
			l.handle(event{kind: signalled, n: int(sig)})
		}
	case <-l.deadline.C:
		l.handle(event{kind: expired})
	}
}

// reap collects every process that has ended, ours and adopted ones alike.
func (l *loop) reap() {
	for l.state.phase != ended {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err != nil || pid <= 0 {
			return // no children, or none that has ended
		}
		if pid == l.child {
			l.child = 0
			l.handle(event{kind: exited, n: ExitCode(status)})
		}
	}
}

func (l *loop) handle(e event) {
	next, actions := step(l.state, e)
	l.state = next
	for _, a := range actions {
		l.do(a)
	}
}

func (l *loop) do(a action) {
	switch a.verb {
	case doStart:
		l.start(l.command.Args)
	case doRestart:
		if l.command.Restart != nil {
			l.start(l.command.Restart)
		} else {
			l.start(l.command.Args)
		}
	case doForward:
		l.send(unix.Signal(a.n))
		if roleOf(unix.Signal(a.n)) == roleStop {
			l.send(unix.SIGCONT) // a command that is stopped, by Ctrl-Z say, could not end
		}
	case doKill:
		l.send(unix.SIGKILL)
	case doArm:
		l.deadline.Reset(l.options.ShutdownTimeout)
	case doComplain:
		l.warn("did not stop within " + l.options.ShutdownTimeout.String() + ": killed")
	case doFinish:
		l.code = a.n
	}
}

// start starts the command. It is always the last action of a step, so a failure can be the next
// event at once.
func (l *loop) start(argv []string) {
	pid, err := spawn(l.command.Path, argv, l.command.Env, l.terminal.give())
	if err != nil {
		l.err = err
		l.handle(event{kind: unstartable, n: err.Code})
		return
	}
	l.child, l.group = pid, pid
}

// send sends a signal to the command's group, and to the command itself if it has left the group.
func (l *loop) send(sig unix.Signal) {
	err := unix.Kill(-l.group, sig)
	if l.child != 0 {
		if now, _ := unix.Getpgid(l.child); now != l.group {
			err = unix.Kill(l.child, sig)
		}
	}
	// ESRCH: all have ended already. Right after the command was reaped its number cannot mean
	// another group yet, the kernel goes once round all numbers before it gives one out again.
	if err != nil && err != unix.ESRCH {
		l.warn("cannot send " + unix.SignalName(sig) + " to the command: " + err.Error())
	}
}

func (l *loop) warn(line string) {
	if l.options.Warn != nil {
		l.options.Warn(line)
	}
}
