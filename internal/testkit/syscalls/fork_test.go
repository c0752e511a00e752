package syscalls

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPID1CannotStartACommandForAWhile(t *testing.T) {
	t.Parallel()
	pipes := []uintptr{unix.SYS_PIPE2}
	tests := []struct {
		numbers []uintptr
		errno   unix.Errno
	}{
		{Forks, unix.EAGAIN}, {Forks, unix.ENOMEM}, {Forks, unix.ENOSPC},
		{pipes, unix.EMFILE}, {pipes, unix.ENFILE},
	}
	for _, test := range tests {
		t.Run(test.errno.Error(), func(t *testing.T) {
			t.Parallel()
			var failed atomic.Int32
			p := role(t, "starter")
			p.asPID1()
			p.intercept(test.numbers, func(c *Call) unix.Errno {
				concerned := c.MakesProcess() || c.Number == unix.SYS_PIPE2
				if c.PID == p.Process.Pid && concerned && failed.Add(1) <= 3 {
					return test.errno
				}
				return Continue
			})
			line := fmt.Sprint(int(test.errno))
			p.ends(7, line, line, line)
		})
	}
}

func TestThreadsAreNotTakenForProcesses(t *testing.T) {
	t.Parallel()
	var threads, processes atomic.Int32
	p := role(t, "threads")
	p.intercept(Forks, func(c *Call) unix.Errno {
		if c.MakesProcess() {
			processes.Add(1)
			return unix.ENOSPC
		}
		threads.Add(1)
		return Continue
	})
	p.ends(7, unix.ENOSPC.Error())
	if threads.Load() < 7 || processes.Load() != 1 {
		t.Errorf("%d threads, %d processes", threads.Load(), processes.Load())
	}
}

func TestEveryWayToMakeAProcessIsSeen(t *testing.T) {
	t.Parallel()
	var want []string
	for _, number := range Forks {
		want = append(want, fmt.Sprint(subjects[number].name, " ", int(unix.ENOSPC)))
	}
	p := role(t, "forks")
	p.intercept(Forks, func(c *Call) unix.Errno {
		if c.MakesProcess() {
			return unix.ENOSPC
		}
		return Continue
	})
	p.ends(7, want...)
}

func TestEachDescendantIsIntercepted(t *testing.T) {
	t.Parallel()
	var callers record[int]
	p := shell(t, `(/bin/true; exec /bin/true); exec /bin/true`)
	p.asPID1()
	p.intercept([]uintptr{unix.SYS_EXIT_GROUP}, func(c *Call) unix.Errno {
		callers.add(c.PID)
		return Continue
	})
	p.ends(0)
	pids := slices.Sorted(slices.Values(callers.all()))
	if len(slices.Compact(slices.Clone(pids))) != 3 || !slices.Contains(pids, p.Process.Pid) {
		t.Errorf("%v, PID 1 is %d", pids, p.Process.Pid)
	}
}
