package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

// moment is a time at which the emulator does not run yet.
type moment struct {
	name    string
	arrange func(*stage)
	reach   func(*stage)
}

// moments come before the decision. There is nothing that ends them.
var moments = []moment{
	{"hooking", endlessHook, func(s *stage) { s.hears("here") }},
	{"deciding", neverAnswers, func(s *stage) { s.hears("here") }},
	{"deciding after a hook", func(s *stage) {
		s.script("hook.sh", ":")
		neverAnswers(s)
	}, func(s *stage) { s.hears("here") }},
	{"deciding with one processor", func(s *stage) {
		s.set("GOMAXPROCS", "1")
		neverAnswers(s)
	}, func(s *stage) { s.hears("here") }},
	{"between two attempts", func(s *stage) {
		s.set("ACTIVATE_PRO", "1")
		s.set("ACTIVATION_ATTEMPTS", "")
	}, func(s *stage) { s.says([]string{"trying again"}) }},
	{"looking at the network beside an attempt", func(s *stage) {
		s.set("ACTIVATE_PRO", "1")
		s.names(testkit.Silent{})
	}, func(s *stage) { s.says([]string{"waiting for the name server"}) }},
	{"held back in a loop", heldBack, func(s *stage) { s.says([]string{"retrying in "}) }},
}

// heldBack makes the start one of a loop, which waits for a minute.
func heldBack(s *stage) { s.set("ACTIVATE_PRO", "1"); s.noteRefusal(0, 20) }

// endlessHook never ends by itself, nor does what it has started, in another session.
func endlessHook(s *stage) {
	s.script("hook.sh", `
		setsid sh -c 'trap "" TERM; sleep 60 & sleep 60' & trap '' TERM INT HUP
		echo here >"$WORDS"; while :; do sleep 1; done`)
}

// neverAnswers puts a server in the licensing server's place that only listens.
func neverAnswers(s *stage) {
	words := s.env["WORDS"]
	s.set("ACTIVATE_PRO", "1")
	s.serve(func(_ http.ResponseWriter, r *http.Request) {
		_ = os.WriteFile(words, []byte("here\n"), 0o600)
		<-r.Context().Done()
	})
}

// begin starts a container, or a process that is no PID 1, and returns when the moment has come.
func (m moment) begin(t *testing.T, open func(testing.TB) *testkit.Log, way route) *stage {
	t.Helper()
	s := newStage(t, open)
	s.set("LS_LOG", "")
	m.arrange(s)
	s.asPID1(`echo up >"$WORDS"; exec sleep 60`)
	s.by(way)
	s.Dir = t.TempDir()
	s.Args = append([]string{"sh", "-c", `ulimit -c unlimited; exec "$0" "$@"`, s.Path}, s.Args[1:]...)
	s.Path = "/bin/sh"
	s.log.Read()
	s.start()
	m.reach(s)
	return s
}

// storm sends what does not end a start, hundreds of times.
func (s *stage) storm() {
	for range 300 {
		for _, sig := range []syscall.Signal{unix.SIGWINCH, unix.SIGCONT, unix.SIGCHLD, unix.SIGUSR2, 40} {
			s.sends(sig)
		}
	}
}

// stopSignals end a start at once.
var stopSignals = []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGQUIT, unix.SIGHUP}

// atEach runs a test at each of some moments, in each case and with each kind of init, which begin starts.
func atEach[T any](
	t *testing.T, moments []moment, open func(testing.TB) *testkit.Log, cases []T,
	test func(t *testing.T, begin func() *stage, c T),
) {
	t.Parallel()
	all := newPool(t, 12)
	defer all.all.Wait()
	for _, m := range moments {
		for _, way := range inits {
			for _, c := range cases {
				all.run(fmt.Sprintf("%s, %s, %q", m.name, way.name, fmt.Sprint(c)), func(t *testing.T) {
					test(t, func() *stage { return m.begin(t, open, way) }, c)
				})
			}
		}
	}
}

func TestAStopSignalBeforeTheEmulatorEndsTheStart(t *testing.T) {
	atEach(t, moments, testkit.EmptyPipe, stopSignals, func(t *testing.T, begin func() *stage, sig syscall.Signal) {
		s := begin()
		before := s.log.Text()
		if sig == unix.SIGINT || sig == unix.SIGHUP {
			s.storm()
		}
		began := time.Now()
		s.sends(sig)
		if took := s.ends(128+int(sig), began); took > time.Second+noise {
			t.Errorf("the end took %s", took)
		}
		if log := s.log.All(); log != before { // and nobody is left
			t.Errorf("the log has %s", log)
		}
		s.hasNoCore()
	})
}

func (s *stage) hasNoCore() {
	s.Helper()
	if files, err := filepath.Glob(filepath.Join(s.Dir, "*")); len(files) > 0 || err != nil {
		s.Errorf("it left %v, %v", files, err)
	}
}

func TestKeysBeforeTheEmulatorEndTheStart(t *testing.T) {
	atEach(t, moments, testkit.Terminal, []string{"\x03", "\x1c"}, func(t *testing.T, begin func() *stage, key string) {
		s := begin()
		began := time.Now()
		s.log.Type("\x1a") // that must change nothing: there is no shell
		s.log.Type(key)
		code := map[string]int{"\x03": 130, "\x1c": 131}[key]
		if took := s.ends(code, began); took > time.Second+noise {
			t.Errorf("the end took %s", took)
		}
		if log := s.log.All(); strings.Contains(log, "License") || strings.Contains(log, "goroutine") {
			t.Errorf("the log has %s", log)
		}
	})
}

func TestSIGUSR1BeforeTheEmulatorIsAnswered(t *testing.T) {
	atEach(t, moments, testkit.EmptyPipe, []syscall.Signal{unix.SIGUSR1},
		func(_ *testing.T, begin func() *stage, sig syscall.Signal) {
			s := begin()
			s.sends(sig)
			s.says([]string{"restart ignored: the command is already starting"})
			s.sends(unix.SIGTERM)
			s.ends(143, time.Now())
		})
}

// TestASignalDuringAHookReachesTheEmulator, which has no handler for it.
func TestASignalDuringAHookReachesTheEmulator(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	ends := []syscall.Signal{unix.SIGUSR2, unix.SIGALRM, unix.SIGPIPE, 34, 40, 64}
	for _, sig := range append(slices.Clone(ends), unix.SIGWINCH, unix.SIGCONT, unix.SIGURG, unix.SIGTSTP) {
		c.run(unix.SignalName(sig), func(t *testing.T) {
			gate, open := newWorld(t).fifo()
			m := moment{"", func(s *stage) {
				s.set("GATE", gate)
				s.script("hook.sh", `echo here >"$WORDS"; echo >"$GATE"`)
			}, func(s *stage) { s.hears("here") }}
			s := m.begin(t, testkit.EmptyPipe, supervised)
			s.sends(sig)
			open()
			if slices.Contains(ends, sig) {
				s.ends(128+int(sig), time.Now())
				return
			}
			s.hears("up")
			s.sends(unix.SIGTERM)
			s.ends(143, time.Now())
		})
	}
}
