package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/testkit"
)

// failing is the moment after a banner.
var failing = moment{"failing", func(s *stage) {
	s.set("ACTIVATE_PRO", "1")
	s.set("LOCALSTACK_AUTH_TOKEN", "")
}, func(s *stage) { s.says([]string{"ACTIVATE_PRO=0"}) }} // the end of the banner

// TestAStopSignalAfterABannerEndsAtOnceWithItsCode tries again when the machine is too busy to tell.
func TestAStopSignalAfterABannerEndsAtOnceWithItsCode(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 12)
	defer c.all.Wait()
	for _, way := range inits {
		for _, sig := range stopSignals {
			c.run(way.name+", "+unix.SignalName(sig), func(t *testing.T) {
				lived := supervise.ShortestLife
				for tries := 0; lived >= supervise.ShortestLife && tries < 5; tries++ {
					s := failing.begin(t, testkit.EmptyPipe, way)
					s.sends(sig)
					lived = s.ends(55, s.began)
					s.saidOnce()
				}
				if lived >= supervise.ShortestLife {
					t.Errorf("it lived for %s", lived)
				}
			})
		}
	}
}

func TestOtherSignalsAfterABannerChangeNothing(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 12)
	defer c.all.Wait()
	for _, way := range inits {
		c.run(way.name, func(t *testing.T) {
			s := failing.begin(t, testkit.EmptyPipe, way)
			for range 100 {
				for _, sig := range []syscall.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGTSTP, unix.SIGCONT, 40} {
					_ = s.Process.Signal(sig) // it may have ended
				}
			}
			if lived := s.ends(55, s.began); lived < supervise.ShortestLife || lived > time.Second+noise {
				t.Errorf("it lived for %s", lived)
			}
			s.saidOnce()
		})
	}
}

func TestKeysAfterABannerGiveItsCode(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 12)
	defer c.all.Wait()
	for _, way := range inits {
		c.run(way.name, func(t *testing.T) {
			for _, key := range []string{"\x03", "\x1c", "\x1a"} {
				s := failing.begin(t, testkit.Terminal, way)
				s.log.Type(key)
				s.ends(55, s.began)
				s.saidOnce()
			}
		})
	}
}

// saidOnce checks that the log is a banner, and nothing else.
func (s *stage) saidOnce() {
	s.Helper()
	log := s.log.All()
	if strings.Count(log, "License activation failed!") != 1 || strings.Contains(log, "restart") {
		s.Errorf("the log has %s", log)
	}
}
