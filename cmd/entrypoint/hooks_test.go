package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// TestAnyUserWithoutAHomeCanStart: platforms choose a user ID at random, and leave HOME at that of root.
func TestAnyUserWithoutAHomeCanStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority()
	w.set("HOME", "/root")
	w.script("1.sh", "echo hook")
	w.script("2.sh", "echo never")
	program := filepath.Join(w.root, "entrypoint")
	content, err := os.ReadFile(filepath.Join(binaries, "entrypoint"))
	if err == nil {
		err = os.WriteFile(program, content, 0o755)
	}
	for path, mode := range map[string]os.FileMode{
		w.root: 0o755, filepath.Dir(w.root): 0o755, filepath.Join(w.root, "etc/localstack/init/boot.d/2.sh"): 0o700,
	} {
		err = errors.Join(err, os.Chmod(path, mode))
	}
	tmp := filepath.Join(w.root, "tmp")
	if err := errors.Join(err, os.Mkdir(tmp, 0o700), os.Chmod(tmp, 0o777)); err != nil {
		t.Fatal(err)
	}
	for _, supervise := range []string{"SUPERVISE=0", "SUPERVISE=1"} {
		var out, said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, "sh", "-c", "echo up; exit 3")
		cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = w.environ(supervise), &out, &said, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1234567, Gid: 0, NoSetGroups: true}}
		if os.Getuid() != 0 {
			cmd.SysProcAttr = nil // any user, too
		}
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.HasSuffix(out.String(), "up\n") {
			t.Errorf("%s: exit code %d, %q, %s", supervise, code, out.String(), said.String())
		}
		if os.Getuid() != 0 {
			continue
		}
		for _, want := range []string{
			"/2.sh: permission denied: user 1234567 may not execute it (mode 0700)",
			"cannot store license_", "Successfully requested and activated",
			"HOME=/root cannot be written (permission denied): hooks and the emulator get HOME=" + w.root +
				"/tmp/localstack-home-1234567\n",
		} {
			if !strings.Contains(said.String(), want) {
				t.Errorf("%s: %q is missing in %s", supervise, want, said.String())
			}
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
