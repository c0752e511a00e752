package supervise

import (
	"time"

	"golang.org/x/sys/unix"
)

// action is something to do. The loop does it.
type action interface{ do(l *loop) }

type (
	doHook        struct{}                      // look for hooks, and run them; without any, decide
	doDecide      struct{}                      // decide what to start
	doStart       struct{}                      // start the command
	doReap        struct{}                      // look who is left
	doChore       struct{}                      // run the chore
	doKill        struct{}                      // SIGKILL everything there is
	doKeep        struct{ signal unix.Signal }  // keep a signal until the command is started
	doForward     struct{ signal unix.Signal }  // send it to the command
	doSuspend     struct{ signal unix.Signal }  // let the terminal suspend us as it did the command
	doSuspendSelf struct{}                      // stop in the sense of job control, where we can be continued
	doArm         struct{ after time.Duration } // expire after some time
	doSay         struct{ line string }         // tell the user
)

func (doHook) do(l *loop)      { l.findHooks() }
func (doDecide) do(l *loop)    { l.decide() }
func (doStart) do(l *loop)     { l.startCommand() }
func (doReap) do(l *loop)      { l.reap() }
func (doChore) do(l *loop)     { l.doChore() }
func (doKill) do(l *loop)      { l.kill() }
func (a doKeep) do(l *loop)    { l.kept[a.signal]++ }
func (a doForward) do(l *loop) { l.forward(a.signal) }
func (a doSuspend) do(l *loop) { l.suspendWith(a.signal) }
func (doSuspendSelf) do(*loop) { suspendSelf(unix.SIGTSTP) }
func (a doArm) do(l *loop)     { l.deadline = time.Now().Add(a.after) }
func (a doSay) do(l *loop)     { l.options.Warn(a.line) }
