package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// events are what happened, in its order.
type events struct {
	mu  sync.Mutex
	all []string
}

func (e *events) add(event string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

// String is all events, in one line.
func (e *events) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.all, " ")
}

// event names a call of those whose order matters, "" for others.
func (s *stage) event(c *syscalls.Call) string {
	switch {
	case slices.Contains(syscalls.Renames, c.Number) && s.concerns(c, documentName):
		return "rename"
	case slices.Contains(syscalls.Syncs, c.Number) && strings.HasPrefix(c.Files()[0], s.volumePath(documentName)):
		return "fsync" // under another name also, before it is renamed
	case c.Number == unix.SYS_EXECVE && slices.Contains(c.Files(), "/proc/self/exe"):
		return "renewal"
	case c.Number == unix.SYS_EXECVE && filepath.Base(strings.Join(c.Files(), "")) == "sh":
		return "emulator"
	}
	return ""
}

// isOfRenewal reports whether a call is one of the renewal's.
func isOfRenewal(c *syscalls.Call) bool {
	command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", c.PID))
	return bytes.HasPrefix(command, []byte(renewName+"\x00"))
}

func TestTheLicenseIsInPlaceBeforeTheEmulatorAndOnTheDiskAfterIt(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for _, route := range append(routes, supervised) {
		t.Run(route.name, func(t *testing.T) {
			t.Parallel()
			quick(t, func() string { return inOrder(issuer, issuer.stage(t), route) })
		})
	}
}

func inOrder(issuer issuer, s *stage, route route) (wrong string) {
	old := issuer.store(s, time.Hour)
	s.set("SEEN", filepath.Join(s.root, "seen"))
	s.set("DOCUMENT", s.license())
	s.asPID1(`cat "$DOCUMENT" >"$SEEN"; ` + obedient)
	s.by(route)
	hasInit := route.supervise == "1"
	want := "rename emulator fsync"
	if !hasInit {
		want = "rename fsync emulator"
	}
	var happened events
	isUp := make(chan struct{})
	numbers := slices.Concat(syscalls.Renames, syscalls.Syncs, []uintptr{unix.SYS_EXECVE})
	s.ask(numbers, func(c *syscalls.Call) unix.Errno {
		event := s.event(c)
		if event == "rename" {
			c.Delay(file.DiskTimeout / 4) // the emulator would be there by then
		}
		if event == "fsync" && hasInit {
			c.Hold(isUp)
		}
		if event != "" {
			happened.add(event)
		}
		return syscalls.Continue
	})
	s.start()
	s.hears("up")
	close(isUp)
	eventually(s.T, "three events", func() bool { return len(strings.Fields(happened.String())) == 3 })
	began := time.Now()
	s.sends(unix.SIGUSR2)
	s.ends(7, began)
	seen, _ := os.ReadFile(s.env["SEEN"])
	now, _ := os.ReadFile(s.license())
	log := s.log.All()
	switch {
	case happened.String() != want:
		return "what happened is " + happened.String()
	case bytes.Equal(seen, old) || !bytes.Equal(seen, now):
		return fmt.Sprintf("the emulator has seen %s, and there is %s", seen, now)
	case strings.Contains(log, "the disk"):
		return "it says " + log
	}
	return ""
}

func TestAnExitWaitsForADiskThatAnswers(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	quick(t, func() (wrong string) {
		s := issuer.stage(t)
		s.asPID1("exit 7")
		var happened events
		s.intercepted(func(c *syscalls.Call) unix.Errno {
			if event := s.event(c); event == "fsync" {
				c.Delay(50 * time.Millisecond)
				happened.add(event)
			}
			return syscalls.Continue
		})
		s.ends(7, s.began)
		if log := s.log.All(); happened.String() != "fsync" || strings.Contains(log, slowDisk) {
			return fmt.Sprintf("%q happened, and it says %s", happened.String(), log)
		}
		return ""
	})
}

func TestWhatASlowDiskHasTakenIsThereLater(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for _, h := range hangs {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			quick(t, func() string { return late(issuer, issuer.stage(t), h) })
		})
	}
}

func late(issuer issuer, s *stage, h hang) (wrong string) {
	const identity = `{"machine_id": "gen_0123456789ab"}`
	testkit.Put(s.T, s.root, "var/lib/localstack/"+identityName, identity)
	old := issuer.store(s, time.Hour)
	s.noteRefusal(time.Hour, 1)
	s.asPID1(obedient)
	answers := make(chan struct{})
	s.intercepted(h.decide(s, answers))
	s.hears("up")
	close(answers)
	eventually(s.T, "a new license", func() bool {
		document, err := os.ReadFile(s.license())
		return err == nil && !bytes.Equal(document, old)
	})
	began := time.Now()
	s.sends(unix.SIGTERM)
	s.ends(5, began)
	if kept, err := os.ReadFile(s.volumePath(identityName)); string(kept) != identity {
		s.Errorf("the machine's identity is %s, %v", kept, err)
	}
	note, _ := os.ReadFile(s.volumePath(noteName))
	isSeen := h.name != "none" && !slices.Contains(h.says, unread) // otherwise it is not looked for any more
	if log := s.log.All(); strings.Contains(log, slowDisk) || isSeen && note != nil {
		return fmt.Sprintf("it says %s, and the note is %s", log, note)
	}
	return ""
}
