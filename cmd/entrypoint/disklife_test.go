package main

import (
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/testkit/syscalls"
)

func TestNoRenewalBeginsBeforeTheLicenseIsOnTheDisk(t *testing.T) {
	t.Parallel()
	s := newIssuer(t).stage(t)
	s.set("LICENSE_RENEWAL_INTERVAL", "0.1")
	s.asPID1(`for i in 1 2 3 4; do sleep 0.2; echo tick >"$WORDS"; done; ` + obedient)
	answers := make(chan struct{})
	var happened events
	numbers := slices.Concat(syscalls.Syncs, []uintptr{unix.SYS_EXECVE})
	s.ask(numbers, func(c *syscalls.Call) unix.Errno {
		event := s.event(c)
		if event == "fsync" {
			c.Hold(answers)
		}
		if event != "" {
			happened.add(event)
		}
		return syscalls.Continue
	})
	s.start()
	for range 4 {
		s.hears("tick")
	}
	s.hears("up")
	if got := happened.String(); got != "emulator" {
		t.Errorf("before the disk answers there is %s", got)
	}
	close(answers)
	eventually(t, "a renewal", func() bool { return strings.HasPrefix(happened.String(), "emulator fsync renewal") })
	began := time.Now()
	s.sends(unix.SIGUSR2)
	s.ends(7, began)
}

// TestARenewalThatHangsEndsBeforeADecision is also about the next renewal, and the end of all.
func TestARenewalThatHangsEndsBeforeADecision(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for name, interval := range map[string]string{"a decision": "1", "the next renewal": "0.2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := issuer.stage(t)
			s.set("LICENSE_RENEWAL_INTERVAL", interval)
			s.asPID1(obedient)
			renewals := make(chan int, 100)
			s.intercepted(func(c *syscalls.Call) unix.Errno {
				if slices.Contains(syscalls.Opens, c.Number) && s.concerns(c, documentName) && isOfRenewal(c) {
					renewals <- c.PID
					c.Hold(nil)
				}
				return syscalls.Continue
			})
			s.hears("up")
			renewal := receive(t, "a renewal", renewals)
			if name == "a decision" {
				s.sends(unix.SIGUSR1)
				s.hears("up")
			}
			eventually(t, "the end of the renewal", func() bool { return unix.Kill(renewal, 0) == unix.ESRCH })
			last := receive(t, "another renewal", renewals) // the next one goes on, and hangs
			began := time.Now()
			s.sends(unix.SIGTERM)
			if took := s.ends(5, began); took > noise {
				t.Errorf("the exit took %s", took)
			}
			if unix.Kill(last, 0) != unix.ESRCH {
				t.Error("a renewal has outlived the container")
			}
		})
	}
}

// TestSIGTERMWhileAStartWaitsForTheDiskExits143 is also about the thread that the kernel gives the signal
// to: if that is the one that hangs, nobody notices.
func TestSIGTERMWhileAStartWaitsForTheDiskExits143(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for _, route := range append(routes, supervised) {
		t.Run(route.name, func(t *testing.T) {
			t.Parallel()
			for range 4 {
				s := issuer.stage(t)
				s.asPID1(obedient)
				s.by(route)
				waits := make(chan struct{})
				once := sync.OnceFunc(func() { close(waits) })
				s.intercepted(func(c *syscalls.Call) unix.Errno {
					if s.concerns(c, "") {
						once()
						c.Hold(nil)
					}
					return syscalls.Continue
				})
				receive(t, "a call on the disk", waits)
				began := time.Now()
				s.sends(unix.SIGTERM)
				s.end()
				code := supervise.ExitCode(unix.WaitStatus(s.ProcessState.Sys().(syscall.WaitStatus)))
				if took := time.Since(began); code != 143 || took > prompt {
					t.Errorf("exit code %d after %s", code, took)
				}
			}
		})
	}
}

func TestARestartOnADiskThatHangsIsAsQuickAsAStart(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for _, h := range hangs {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			s := issuer.stage(t)
			s.asPID1(obedient)
			s.intercepted(h.decide(s, nil))
			s.hears("up")
			s.forgetLicense()
			began := time.Now()
			s.sends(unix.SIGUSR1)
			s.hears("up")
			if took := time.Since(began); took > prompt {
				t.Errorf("the emulator started again after %s", took)
			}
			s.sends(unix.SIGTERM)
			s.ends(5, time.Now())
		})
	}
}
