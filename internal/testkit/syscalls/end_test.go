package syscalls

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAKillEndsACallThatIsHeld(t *testing.T) {
	t.Parallel()
	for name, argv := range map[string][]string{"own": {"disk"}, "of a child": {"parent", "disk"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := make(chan struct{}, 1)
			p := role(t, argv...)
			p.asPID1()
			p.intercept(Syncs, func(c *Call) unix.Errno {
				held <- struct{}{}
				c.Hold(nil)
				return Continue
			})
			p.feed(filepath.Join(t.TempDir(), "file"))
			await(t, held)
			_ = p.Process.Kill()
			p.killed()
			if rest := p.rest(); rest != nil {
				t.Errorf("it said %q", rest)
			}
		})
	}
}

func TestASignalDoesNotRepeatACallThatIsHeld(t *testing.T) {
	t.Parallel()
	held, release := make(chan *Call, 100), make(chan struct{})
	p := role(t, "receiver", filepath.Join(t.TempDir(), "file"))
	p.intercept(Syncs, func(c *Call) unix.Errno {
		held <- c
		c.Hold(release)
		return Continue
	})
	c := await(t, held)
	for range 10 {
		if err := unix.Tgkill(c.PID, c.TID, unix.SIGUSR1); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-held:
		t.Error("the call came again")
	case <-time.After(300 * time.Millisecond):
	}
	close(release)
	p.ends(7, "synced <nil>")
}

func TestTheEndOfATestEndsTheProgram(t *testing.T) {
	t.Parallel()
	held := make(chan struct{}, 1)
	p := role(t, "disk")
	s := p.session(Syncs, func(c *Call) unix.Errno {
		held <- struct{}{}
		c.Hold(nil)
		return Continue
	})
	p.feed(filepath.Join(t.TempDir(), "file"))
	await(t, held)
	if err := s.stop(limit); err != nil {
		t.Error(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil || !strings.Contains(string(status), "State:\tZ") {
		t.Errorf("it lives on: %s, %v", status, err)
	}
	p.killed()
}

func TestADecisionThatOutlivesItsTestIsAnError(t *testing.T) {
	t.Parallel()
	held, never := make(chan struct{}, 1), make(chan struct{})
	defer close(never)
	p := role(t, "parent", "disk")
	s := p.session(Syncs, func(*Call) unix.Errno {
		held <- struct{}{}
		<-never
		return unix.EIO
	})
	p.feed(filepath.Join(t.TempDir(), "file"))
	await(t, held)
	err := s.stop(100 * time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "still deciding about fsync(") {
		t.Error(err)
	}
	p.killed()
	if rest := p.rest(); !slices.Equal(rest, []string{"synced file <nil>"}) {
		t.Errorf("what survives says %q", rest)
	}
}

func TestWhatOutlivesATestIsLeftAlone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	p := role(t, "parent", "disk")
	s := p.session(Syncs, func(*Call) unix.Errno {
		asked.Add(1)
		return unix.EIO
	})
	directory := t.TempDir()
	p.feed(filepath.Join(directory, "before"))
	p.expect("synced before sync " + filepath.Join(directory, "before") + ": input/output error")
	if err := s.stop(limit); err != nil {
		t.Error(err)
	}
	p.killed()
	p.feed(filepath.Join(directory, "after"))
	if rest := p.rest(); !slices.Equal(rest, []string{"synced after <nil>"}) {
		t.Errorf("what survives says %q", rest)
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestADecisionThatFailsItsTestHoldsNobody(t *testing.T) {
	t.Parallel()
	p := role(t, "disk")
	p.intercept(Syncs, func(*Call) unix.Errno {
		runtime.Goexit() // as t.FailNow does
		return unix.EIO
	})
	p.feed(filepath.Join(t.TempDir(), "file"))
	p.ends(7, "synced file <nil>")
}
