package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

// endless are hooks that nothing ends but SIGKILL, or whose children nothing else ends.
var endless = map[string]string{
	"deaf":              `trap '' TERM INT HUP; echo here >"$WORDS"; while :; do sleep 1; done`,
	"with a family":     `(trap '' TERM; sleep 60 & sleep 60) & echo here >"$WORDS"; sleep 60`,
	"in other sessions": `setsid sh -c 'trap "" TERM; sleep 60 & sleep 60' & echo here >"$WORDS"; sleep 60`,
}

func TestAHookThatNeverEndsDoesNotDelayTheStop(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 12)
	defer c.all.Wait()
	for name, script := range endless {
		for way, asPID1 := range ways {
			c.run(name+", "+way, func(t *testing.T) {
				m := moment{"", func(s *stage) { s.script("hook.sh", script) }, func(s *stage) { s.hears("here") }}
				s := m.begin(t, testkit.EmptyPipe, asPID1)
				began := time.Now()
				s.sends(unix.SIGTERM)
				if took := s.ends(143, began); took > time.Second+noise {
					t.Errorf("the end took %s", took)
				}
				if log := s.log.All(); log != "" { // and nobody is left
					t.Errorf("the log has %s", log)
				}
			})
		}
	}
}

func TestWhatAHookLeavesRunningIsToldToStop(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 12)
	defer c.all.Wait()
	for way, asPID1 := range ways {
		for emulator, code := range map[string]int{obedient: 5, deaf: 137} {
			c.run(fmt.Sprint(way, ", ", code), func(t *testing.T) {
				s := newStage(t, testkit.EmptyPipe)
				s.set("SHUTDOWN_TIMEOUT", "1")
				// It says that it is told, and stays.
				s.script("hook.sh", `(trap 'echo told' TERM; echo left >"$WORDS"; while :; do sleep 0.01; done) & `)
				if !asPID1 {
					s.set("SUPERVISE", "1")
				}
				s.asPID1(emulator)
				if !asPID1 {
					s.SysProcAttr.Cloneflags = 0
				}
				s.log.Read()
				s.start()
				for range 2 {
					s.hearsOneOf("left", "up")
				}
				began := time.Now()
				s.sends(unix.SIGTERM)
				if took := s.ends(code, began); took > time.Second+noise {
					t.Errorf("the end took %s", took)
				}
				if log := s.log.All(); code == 137 && !strings.Contains(log, "told") {
					t.Errorf("it was not told: %s", log)
				}
			})
		}
	}
}

// hearsOneOf waits for a word.
func (s *stage) hearsOneOf(wanted ...string) {
	s.Helper()
	_ = s.fifo.SetReadDeadline(time.Now().Add(patience))
	word, err := s.words.ReadString('\n')
	for _, want := range wanted {
		if word == want+"\n" {
			return
		}
	}
	s.Fatalf("%q instead of one of %q, %v", word, wanted, err)
}

func TestHooksThatASignalKillsEndTheStart(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 12)
	defer c.all.Wait()
	for _, sig := range append(slices.Clone(stopSignals), unix.SIGKILL) {
		c.run(unix.SignalName(sig), func(t *testing.T) {
			m := moment{"", func(s *stage) {
				s.set("RESTART_ON_CRASH", "9")
				endlessHook(s)
			}, func(s *stage) { s.hears("here") }}
			s := m.begin(t, testkit.EmptyPipe, true)
			_ = syscall.Kill(s.child(), sig)
			s.ends(128+int(sig), time.Now())
			if log := s.log.All(); log != "" {
				t.Errorf("the log has %s", log)
			}
			s.hasNoCore()
		})
	}
}

// child is the only child of PID 1.
func (s *stage) child() int {
	s.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", s.Process.Pid))
	pid, convErr := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil || convErr != nil {
		s.Fatalf("its children are %q, %v", children, err)
	}
	return pid
}

func TestAHookThatASignalKillsDoesNotEndTheStart(t *testing.T) {
	t.Parallel()
	s := newStage(t, testkit.EmptyPipe)
	s.script("1-hook.sh", "kill -KILL $$")
	s.script("2-hook.sh", `echo next >"$WORDS"`)
	s.asPID1(obedient)
	s.log.Read()
	s.start()
	s.hears("next")
	s.hears("up")
	s.sends(unix.SIGTERM)
	s.ends(5, time.Now())
	if log := s.log.All(); !strings.Contains(log, "1-hook.sh: signal: killed") {
		t.Errorf("the log has %s", log)
	}
}
