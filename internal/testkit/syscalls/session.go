package syscalls

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds what a test waits for at its end; far more than it takes.
const patience = 30 * time.Second

// session is the interception of one program's calls.
type session struct {
	process  *os.Process
	listener *listener
	line     *line
	decide   Decision

	executed atomic.Bool // the helper has become the program
	ctx      context.Context
	end      context.CancelFunc

	mu       sync.Mutex
	stopping bool
	pending  map[uint64]*Call
	trouble  error
	deciding sync.WaitGroup
}

// start starts cmd behind a filter and returns when it executes its program.
func start(cmd *exec.Cmd, numbers []uintptr, decide Decision) (*session, error) {
	line, err := startHelper(cmd, numbers)
	if err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	s := &session{process: cmd.Process, line: line, decide: decide, pending: map[uint64]*Call{}}
	s.ctx, s.end = context.WithCancel(context.Background())
	err = s.begin()
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	return s, nil
}

// begin lets the helper become the program.
func (s *session) begin() (err error) {
	if s.listener, err = s.line.receiveListener(s.process); err != nil {
		s.line.Close()
		return err
	}
	go s.serve()
	if err := s.line.execute(); err != nil {
		return err
	}
	s.executed.Store(true)
	return nil
}

// serve takes calls until nobody is left who could make one, even after the end of the test: what
// has left the program's reach would find that its system calls do not exist.
func (s *session) serve() {
	defer s.line.Close()
	defer s.listener.file.Close()
	for {
		n, err := s.listener.next()
		switch {
		case errors.Is(err, unix.ENOENT): // its thread was killed
		case err != nil:
			return
		case !s.isProgram():
			s.answer(n.id, Continue)
		default:
			s.take(n)
		}
	}
}

// isProgram reports whether calls are the program's, not the helper's: the helper's end of the line
// closes when it executes the program.
func (s *session) isProgram() bool {
	if !s.executed.Load() && s.line.isClosed() {
		s.executed.Store(true)
	}
	return s.executed.Load()
}

// take has a call decided, beside all others.
func (s *session) take(n notification) {
	c := &Call{
		PID: processOf(int(n.tid)), TID: int(n.tid),
		Number: uintptr(n.number), Args: n.args,
		id: n.id, ended: s.ctx,
	}
	if !s.listener.waits(n.id) {
		return // what was read is perhaps about another process
	}
	if !s.admit(c) {
		s.answer(c.id, Continue)
	}
}

// admit begins the decision, unless the test is over.
func (s *session) admit(c *Call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.pending[c.id] = c
	s.deciding.Go(func() { s.settle(c) })
	return true
}

// settle asks for the decision. One that does not come to its end, as by t.FailNow, is to continue.
func (s *session) settle(c *Call) {
	decision := Continue
	defer func() {
		s.answer(c.id, decision)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.pending, c.id)
	}()
	decision = s.decide(c)
}

// answer answers the kernel, unless the caller was killed or was answered at the test's end.
func (s *session) answer(id uint64, decision unix.Errno) {
	err := s.listener.answer(id, decision)
	if err == nil || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINPROGRESS) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = fmt.Errorf("cannot answer a system call: %w", err)
}

// stop kills the program, waits for its end, and lets all calls pass from then on. Decisions that
// are under way have a limit to end.
func (s *session) stop(limit time.Duration) error {
	_ = s.process.Kill()
	dead := within(patience, func() {
		_ = s.process.WithHandle(func(pidfd uintptr) { // it stays a zombie for whoever waits for it
			_ = unix.Waitid(unix.P_PIDFD, int(pidfd), nil, unix.WEXITED|unix.WNOWAIT, nil)
		})
	})

	s.mu.Lock()
	s.stopping = true
	held := make([]uint64, 0, len(s.pending))
	for id := range s.pending {
		held = append(held, id)
	}
	s.mu.Unlock()
	for _, id := range held {
		s.answer(id, Continue)
	}
	s.end()
	decided := within(limit, s.deciding.Wait)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !dead:
		return fmt.Errorf("process %d does not end by SIGKILL", s.process.Pid)
	case !decided:
		var names []string
		for _, c := range s.pending {
			names = append(names, c.String())
		}
		return fmt.Errorf("still deciding about %s: use Call.Hold to wait", strings.Join(names, ", "))
	}
	return s.trouble
}

// within reports whether f returned in time.
func within(limit time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

// processOf is the process of a thread.
func processOf(tid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	_, rest, _ := strings.Cut(string(status), "\nTgid:\t")
	pid := tid
	_, _ = fmt.Sscan(rest, &pid)
	return pid
}
