package supervise

import (
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// shortages are what a passing lack of something lets fail at the start of a process.
var shortages = []struct {
	errno unix.Errno
	calls []uintptr
}{
	{unix.EAGAIN, syscalls.Forks}, // as many processes as the container or the user may have
	{unix.ENOMEM, syscalls.Forks},
	{unix.ENOSPC, syscalls.Forks}, // the PID namespace is full
	{unix.EMFILE, []uintptr{unix.SYS_PIPE2}},
	{unix.ENFILE, []uintptr{unix.SYS_PIPE2}},
}

// inShortages runs a test for each of them, with each kind of init. The init starts no process while it is short.
func inShortages(t *testing.T, test func(t *testing.T, errno unix.Errno, short *atomic.Bool, init starter)) {
	t.Parallel()
	for _, s := range shortages {
		for _, k := range onPipes {
			t.Run(unix.ErrnoName(s.errno)+", "+k.name, func(t *testing.T) {
				t.Parallel()
				var short atomic.Bool
				decide := func(c *syscalls.Call) unix.Errno {
					if short.Load() && (c.Number == unix.SYS_PIPE2 || c.MakesProcess()) {
						return s.errno
					}
					return syscalls.Continue
				}
				test(t, s.errno, &short, func(args ...string) *process {
					t.Helper()
					return startAsked(t, k.how, s.calls, decide, append([]string{"init"}, args...)...)
				})
			})
		}
	}
}

func TestAShortageAtARestartIsWaitedOut(t *testing.T) {
	inShortages(t, func(t *testing.T, errno unix.Errno, short *atomic.Bool, init starter) {
		p := init("/bin/sh", "-c", `echo ready $0; exec sleep 60`)
		p.expect("ready /bin/sh")
		short.Store(true)
		p.signal(unix.SIGUSR1)
		p.expect("warn: cannot restart the command: " + errno.Error())
		p.expect("warn: retrying in 1s")
		short.Store(false)
		p.expect("ready again")
		p.signal(unix.SIGTERM)
		p.exits(terminated)
	})
}

func TestSIGTERMDuringAShortageEndsAtOnce(t *testing.T) {
	inShortages(t, func(_ *testing.T, _ unix.Errno, short *atomic.Bool, init starter) {
		p := init("/bin/sh", "-c", `echo ready $0; exec sleep 60`)
		p.expect("ready /bin/sh")
		short.Store(true)
		p.signal(unix.SIGUSR1)
		p.expect("warn: retrying in 1s")
		p.signal(unix.SIGTERM)
		p.exits(terminated)
	})
}

// TestAShortageAtTheFirstStartIsAFailure: the platform has a policy about those.
func TestAShortageAtTheFirstStartIsAFailure(t *testing.T) {
	inShortages(t, func(_ *testing.T, errno unix.Errno, short *atomic.Bool, init starter) {
		for _, hooks := range []string{"", "echo hooking; read line"} {
			p := init("-ask", "-hooks", hooks, "/bin/true")
			if hooks != "" {
				p.expect("hooking")
				p.feed("")
			}
			p.expect("deciding")
			short.Store(true)
			p.feed("go")
			p.expect("cannot run /bin/true: " + errno.Error())
			p.exits(fault.ExitNotExecutable)
			short.Store(false)
		}
	})
}

func TestAShortageBeforeTheHooksIsAFailure(t *testing.T) {
	inShortages(t, func(_ *testing.T, errno unix.Errno, short *atomic.Bool, init starter) {
		short.Store(true)
		p := init("-ask", "-hooks", "echo hooking", "/bin/true")
		p.expect("cannot run /bin/sh: " + errno.Error())
		p.exits(fault.ExitNotExecutable)
	})
}
