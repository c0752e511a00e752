package supervise

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const denied55 = "cannot run anything: no license"

// failures are the moments at which a start is denied. The failure is never told: each lasts for a second.
var failures = []stage{{
	name:  "failing",
	flags: []string{"-mute", "-ask"},
	reach: func(p *process) {
		p.expect("deciding")
		p.feed("deny")
		p.expect("failing")
	},
}, {
	name:  "failing after hooks",
	flags: []string{"-mute", "-ask", "-hooks", "sleep 60 & echo hooking"},
	reach: func(p *process) {
		p.expect("deciding")
		p.feed("deny")
		p.expect("failing")
	},
}, {
	name:  "failing again",
	flags: []string{"-mute", "-ask"},
	reach: func(p *process) {
		p.expect("deciding")
		p.feed("go")
		p.expect("ready")
		p.signal(unix.SIGUSR1)
		p.expect("deciding again")
		p.feed("deny")
		p.expect("failing")
	},
}}

// whileFailing runs a test in every failure with every init.
func whileFailing(t *testing.T, inits map[string]starter, test func(t *testing.T, begin func() *process)) {
	t.Parallel()
	for _, s := range failures {
		for name, init := range inits {
			t.Run(s.name+", "+name, func(t *testing.T) {
				t.Parallel()
				test(t, func() *process {
					t.Helper()
					p := init(t, append(slices.Clone(s.flags), "report")...)
					s.reach(p)
					return p
				})
			})
		}
	}
}

func TestAFailureThatIsToldLivesForAMoment(t *testing.T) {
	both(t, func(t *testing.T, init func(...string) *process) {
		began := time.Now()
		p := init("-ask", "report")
		p.expect("deciding")
		p.feed("deny")
		p.expect(denied55)
		p.exits(55)
		if lived := time.Since(began); lived < ShortestLife {
			t.Errorf("it lived for %s", lived)
		}
	})
}

// TestAFailureThatCannotBeToldEndsAfterASecond and takes no notice of signals that do not end it.
func TestAFailureThatCannotBeToldEndsAfterASecond(t *testing.T) {
	whileFailing(t, withoutTerminal, func(t *testing.T, begin func() *process) {
		p := begin()
		began, before := time.Now(), len(p.said)
		for range 300 {
			for _, sig := range []unix.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH, 40} {
				p.signal(sig)
			}
		}
		p.exits(55)
		if took := time.Since(began); took > 2*reportTime {
			t.Errorf("it took %s", took)
		}
		if said := p.silence()[before:]; len(said) > 0 { // and nothing is left
			t.Errorf("%q", said)
		}
	})
}

// TestWhileFailingAStopSignalEndsAtOnceWithTheFailuresCode tries again when the machine is too busy to tell.
func TestWhileFailingAStopSignalEndsAtOnceWithTheFailuresCode(t *testing.T) {
	whileFailing(t, withoutTerminal, func(t *testing.T, begin func() *process) {
		for _, sig := range stopSignals {
			took := reportTime
			for tries := 0; took > reportTime/2 && tries < 5; tries++ {
				p := begin()
				began := time.Now()
				p.signal(sig)
				p.exits(55)
				took = time.Since(began)
				p.silence() // nothing is left
			}
			if took > reportTime/2 {
				t.Errorf("after %s it took %s", unix.SignalName(sig), took)
			}
		}
	})
}

func TestWhileFailingControlCGivesTheFailuresCode(t *testing.T) {
	whileFailing(t, onTerminal, func(t *testing.T, begin func() *process) {
		for _, key := range []string{"\x03", "\x1c"} {
			p := begin()
			p.press(key)
			p.exits(55)
		}
	})
}

func TestAVerdictThatComesAfterAStopIsNotTold(t *testing.T) {
	for _, phase := range []phase{ending, ended} {
		l := newLoop(t.Context(), Start{Fail: func(error) (int, func()) {
			t.Errorf("%s, and it is told", phase)
			return 55, func() {}
		}}, Options{})
		l.state.phase = phase
		l.decided(Decision{}, errDenied)()
	}
}
