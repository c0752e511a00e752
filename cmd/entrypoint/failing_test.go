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

// failing is the moment after a banner, which ends with this variable.
var failing = []moment{{"failing", withoutCredential, func(s *stage) { s.says([]string{"ACTIVATE_PRO=0"}) }}}

// TestAStopSignalAfterABannerEndsAtOnceWithItsCode tries again when the machine is too busy to tell.
func TestAStopSignalAfterABannerEndsAtOnceWithItsCode(t *testing.T) {
	atEach(t, failing, testkit.EmptyPipe, stopSignals, func(t *testing.T, begin func() *stage, sig syscall.Signal) {
		lived := supervise.MinLifetime
		for tries := 0; lived >= supervise.MinLifetime && tries < 5; tries++ {
			s := begin()
			s.sends(sig)
			lived = s.ends(55, s.began)
			s.saidOnce()
		}
		if lived >= supervise.MinLifetime {
			t.Errorf("it lived for %s", lived)
		}
	})
}

func TestOtherSignalsAfterABannerChangeNothing(t *testing.T) {
	others := [][]syscall.Signal{{unix.SIGUSR1, unix.SIGUSR2, unix.SIGTSTP, unix.SIGCONT, 40}}
	atEach(t, failing, testkit.EmptyPipe, others, func(t *testing.T, begin func() *stage, sigs []syscall.Signal) {
		s := begin()
		for range 100 {
			for _, sig := range sigs {
				_ = s.Process.Signal(sig) // it may have ended
			}
		}
		if lived := s.ends(55, s.began); lived < supervise.MinLifetime || lived > time.Second+noise {
			t.Errorf("it lived for %s", lived)
		}
		s.saidOnce()
	})
}

func TestKeysAfterABannerGiveItsCode(t *testing.T) {
	keys := []string{"\x03", "\x1c", "\x1a"}
	atEach(t, failing, testkit.Terminal, keys, func(_ *testing.T, begin func() *stage, key string) {
		s := begin()
		s.log.Type(key)
		s.ends(55, s.began)
		s.saidOnce()
	})
}

// saidOnce checks that the log is a banner, and nothing else.
func (s *stage) saidOnce() {
	s.Helper()
	log := s.log.All()
	if strings.Count(log, "License activation failed!") != 1 || strings.Contains(log, "restart") {
		s.Errorf("the log has %s", log)
	}
}
