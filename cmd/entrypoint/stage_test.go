package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// noise is what a busy machine may add to a time that we promise. What waits for a
// reader waits for much longer.
const noise = 1500 * time.Millisecond

// stage is a container whose log is not read.
type stage struct {
	*world
	*pid1
	log   *testkit.Log
	flags int
	// began is the moment of the start.
	began time.Time
	// words come from hooks and the emulator, which write them to $WORDS.
	words *bufio.Reader
	fifo  *os.File
	asked []question
	// refused is how many processes were refused to PID 1.
	refused atomic.Int64
}

// question is about system calls with some numbers.
type question struct {
	numbers []uintptr
	decide  syscalls.Decision
}

// newStage prepares a container with the log on standard output and standard error.
func newStage(t *testing.T, open func(testing.TB) *testkit.Log) *stage {
	t.Helper()
	s := &stage{world: newWorld(t), log: open(t)}
	s.flags = s.log.Flags()
	path := filepath.Join(t.TempDir(), "words")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.fifo, err = os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0); err != nil { // without a writer, too
		t.Fatal(err)
	}
	t.Cleanup(func() { s.fifo.Close() })
	s.words = bufio.NewReader(s.fifo)
	s.set("WORDS", path)
	s.set("ACTIVATE_PRO", "0")
	s.set("LS_LOG", "trace")
	return s
}

// asPID1 prepares the start of a shell script as the emulator.
func (s *stage) asPID1(emulator string) {
	s.Helper()
	s.pid1 = s.world.asPID1("sh", "-c", emulator)
	s.onLog()
}

// onLog gives it the log, a terminal as a container has it.
func (s *stage) onLog() {
	s.Stdout, s.Stderr = s.log.Writer, s.log.Writer
	if s.log.IsTerminal() {
		s.Stdin = s.log.Writer
		s.SysProcAttr.Setsid, s.SysProcAttr.Setctty = true, true
	}
}

// route is a way to a running emulator.
type route struct {
	name, supervise string
	asPID1          bool
	least           time.Duration // that a failing start lives
}

var (
	supervised = route{"PID 1", "1", true, supervise.MinLifetime}
	routes     = []route{ // the others
		{"PID 1 without an init", "0", true, supervise.MinLifetime},
		{"not PID 1, without an init", "0", false, 0},
		subreaper,
	}
	subreaper = route{"not PID 1, with an init", "1", false, supervise.MinLifetime}
)

// inits are those with an init.
var inits = []route{supervised, subreaper}

// by makes it go one of the ways.
func (s *stage) by(way route) {
	if !way.asPID1 {
		s.SysProcAttr.Cloneflags = 0
	}
	s.Env = append(s.Env, "SUPERVISE="+way.supervise)
}

func (s *stage) start() {
	s.Helper()
	s.began = time.Now()
	var numbers []uintptr
	for _, q := range s.asked {
		numbers = append(numbers, q.numbers...)
	}
	if len(numbers) > 0 {
		syscalls.Intercept(s.T, s.Cmd, numbers, s.answer)
	} else if err := s.Start(); err != nil {
		s.Fatal(err)
	}
}

// ask has something decided about system calls.
func (s *stage) ask(numbers []uintptr, decide syscalls.Decision) {
	s.asked = append(s.asked, question{numbers, decide})
}

// answer asks all who are to decide about a call.
func (s *stage) answer(c *syscalls.Call) unix.Errno {
	for _, q := range s.asked {
		if !slices.Contains(q.numbers, c.Number) {
			continue
		}
		if errno := q.decide(c); errno != syscalls.Continue {
			return errno
		}
	}
	return syscalls.Continue
}

// hears waits for a word, one of those wanted.
func (s *stage) hears(wanted ...string) {
	s.Helper()
	_ = s.fifo.SetReadDeadline(time.Now().Add(patience))
	word, err := s.words.ReadString('\n')
	if err != nil || !slices.Contains(wanted, strings.TrimSuffix(word, "\n")) {
		s.Fatalf("%q instead of %q, %v; the log has %s", word, wanted, err, s.log.Text())
	}
	s.sameFlags()
}

func (s *stage) sends(sig syscall.Signal) {
	s.Helper()
	if err := s.Process.Signal(sig); err != nil {
		s.Fatal(err)
	}
}

// sameFlags are what other programs rely on.
func (s *stage) sameFlags() {
	s.Helper()
	if flags := s.log.Flags(); flags != s.flags {
		s.Errorf("the flags of the log were %#x and are %#x", s.flags, flags)
	}
}

// receive waits until a channel has something, or is closed.
func receive[T any](t *testing.T, what string, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(patience):
		t.Fatal("never: " + what)
	}
	return got
}

// ends waits for the end, and returns what it took since a moment.
func (s *stage) ends(code int, since time.Time) (took time.Duration) {
	s.Helper()
	got := s.end()
	took = time.Since(since)
	s.sameFlags()
	if got != code {
		s.Errorf("exit code %d after %s, want %d; the log has %s", got, took, code, s.log.Text())
	}
	return took
}

// says waits until the log has some texts, in their order.
func (s *stage) says(wanted []string) {
	s.Helper()
	eventually(s.T, strings.Join(wanted, " … "), func() bool { return missing(s.log.Text(), wanted) == "" })
}

// missing is the first text that does not come in its order, "" for none.
func missing(log string, wanted []string) string {
	for _, want := range wanted {
		_, rest, found := strings.Cut(log, want)
		if !found {
			return want
		}
		log = rest
	}
	return ""
}

// isAlone reports whether PID 1 has no child.
func (s *stage) isAlone() bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.Process.Pid))
	for _, thread := range threads {
		if children, err := os.ReadFile(thread); err != nil || len(children) > 0 {
			return false
		}
	}
	return len(threads) > 0
}

// isStuck reports whether a thread of PID 1 waits for the reader of the log.
func (s *stage) isStuck() bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", s.Process.Pid))
	for _, thread := range threads {
		call, _ := os.ReadFile(thread)
		if strings.HasPrefix(string(call), fmt.Sprintf("%d 0x%x ", unix.SYS_WRITE, unix.Stderr)) {
			return true
		}
	}
	return false
}

// script writes a BOOT script.
func (w *world) script(name, text string) {
	w.Helper()
	path := filepath.Join("etc/localstack/init/boot.d", name)
	testkit.Put(w.T, w.root, path, "#!/bin/sh\n"+text+"\n")
	if err := os.Chmod(filepath.Join(w.root, path), 0o755); err != nil {
		w.Fatal(err)
	}
}

// pool runs subtests side by side that wait most of the time, many more than there
// are processors.
type pool struct {
	t    *testing.T
	all  sync.WaitGroup
	free chan struct{}
}

func newPool(t *testing.T, most int) *pool { return &pool{t: t, free: make(chan struct{}, most)} }

func (c *pool) run(name string, test func(t *testing.T)) {
	c.all.Go(func() {
		c.free <- struct{}{}
		defer func() { <-c.free }()
		c.t.Run(name, test)
	})
}
