package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// forever is more often than anything is tried.
const forever = 1 << 30

// refuse has processes refused to PID 1 so many times, after the first few.
func (s *stage) refuse(after, times int64) {
	var made atomic.Int64
	s.ask(syscalls.Forks, func(c *syscalls.Call) unix.Errno {
		if c.PID != s.Process.Pid || !c.MakesProcess() || made.Add(1) <= after || s.refused.Load() >= times {
			return syscalls.Continue
		}
		s.refused.Add(1)
		return unix.EAGAIN
	})
}

// forbid has a system call refused whose argument has a value.
func (s *stage) forbid(number uintptr, argument int, value uint64) {
	s.ask([]uintptr{number}, func(c *syscalls.Call) unix.Errno {
		if c.Args[argument] == value {
			return unix.EPERM
		}
		return syscalls.Continue
	})
}

// awaitRefusals waits until a process was refused so many times.
func (s *stage) awaitRefusals(times int64) {
	s.Helper()
	eventually(s.T, "a refusal", func() bool { return s.refused.Load() >= times })
}

// grandchild is a process that the emulator has started.
func (s *stage) grandchild() int {
	s.Helper()
	var pids []string
	for of := s.Process.Pid; len(pids) < 2; of, _ = strconv.Atoi(pids[len(pids)-1]) {
		children := ""
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", of))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			children += string(text)
		}
		if pids = append(pids, strings.Fields(children)...); len(pids) == 0 {
			s.Fatal("there is no emulator")
		}
	}
	pid, _ := strconv.Atoi(pids[1])
	return pid
}

// hold makes a process one that even SIGKILL does not end for the init, until it is released: whoever
// traces it learns of its end first.
func (s *stage) hold(pid int) (release func()) {
	s.Helper()
	held, released := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // who traces is a thread
		defer runtime.UnlockOSThread()
		err := unix.PtraceSeize(pid)
		held <- err
		<-released
		if err == nil {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, unix.WALL, nil)
		}
	}()
	release = sync.OnceFunc(func() { close(released) })
	s.Cleanup(release)
	if err := <-held; err != nil {
		s.Fatal(err)
	}
	return release
}

// noteRefusal leaves a note of a refusal a while ago.
func (s *stage) noteRefusal(ago time.Duration, times int) {
	s.Helper()
	asked := activate.Question{
		Credential: credential.Mask(s.token), Endpoint: s.env["API_ENDPOINT"], Version: "4.14.0",
	}
	then := time.Now().Add(-ago)
	note := activate.RefusalNote{Question: asked, ID: fault.NetworkRateLimited, Times: times, Since: then, Last: then}
	content, err := json.Marshal([]activate.RefusalNote{note})
	if err != nil {
		s.Fatal(err)
	}
	testkit.Put(s.T, s.root, refusalNote, string(content))
}
