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

func TestWhatAHookLeavesRunningGetsTheStopSignal(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	for _, way := range inits {
		for emulator, code := range map[string]int{obedient: 5, deaf: 137} {
			c.run(fmt.Sprint(way.name, ", ", code), func(t *testing.T) {
				s := newStage(t, testkit.EmptyPipe)
				s.set("SHUTDOWN_TIMEOUT", "1")
				// It says that it is told, and stays.
				s.script("hook.sh", `(trap 'echo told' TERM; echo left >"$WORDS"; while :; do sleep 0.01; done) & `)
				s.asPID1(emulator)
				s.by(way)
				s.log.Read()
				s.start()
				for range 2 {
					s.hears("left", "up")
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

func TestHooksThatASignalKillsEndTheStart(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	for _, sig := range append(slices.Clone(stopSignals), unix.SIGKILL) {
		c.run(unix.SignalName(sig), func(t *testing.T) {
			m := moment{"", func(s *stage) {
				s.set("RESTART_ON_CRASH", "9")
				endlessHook(s)
			}, func(s *stage) { s.hears("here") }}
			s := m.begin(t, testkit.EmptyPipe, supervised)
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
