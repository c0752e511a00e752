package supervise

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const denied55 = "cannot run anything: no license"

// failures are the moments at which a start is denied. The failure is never told: each lasts for a second.
var failures = []stage{{
	name:  "failing",
	flags: []string{"-mute", "-ask"},
	reach: func(p *process) { p.expect("deciding"); deny(p) },
}, {
	name:  "failing after hooks",
	flags: []string{"-mute", "-ask", "-hooks", "sleep 60 & echo hooking"},
	reach: func(p *process) { p.expect("deciding"); deny(p) },
}, {
	name:  "failing again",
	flags: []string{"-mute", "-ask"},
	reach: func(p *process) { decideAgain(p); deny(p) },
}}

// deny has a decision made that there is nothing to start, which is never told.
func deny(p *process) {
	p.t.Helper()
	p.feed("deny")
	p.expect("failing")
}

func TestAReportedFailureLivesForAMoment(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		began := time.Now()
		p := init("-ask", "report")
		p.expect("deciding")
		p.feed("deny")
		p.expect(denied55)
		p.exits(55)
		if lived := time.Since(began); lived < MinLifetime {
			t.Errorf("it lived for %s", lived)
		}
	})
}

// TestAFailureThatCannotBeReportedEndsAfterASecond and takes no notice of signals that do not end it.
func TestAFailureThatCannotBeReportedEndsAfterASecond(t *testing.T) {
	inStages(t, failures, onPipes, func(t *testing.T, _ stage, begin starter) {
		p := begin("report")
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
	inStages(t, failures, onPipes, func(t *testing.T, _ stage, begin starter) {
		for _, sig := range stopSignals {
			took := reportTime
			for tries := 0; took > reportTime/2 && tries < 5; tries++ {
				p := begin("report")
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
	inStages(t, failures, onTerminal, func(t *testing.T, _ stage, begin starter) {
		for _, key := range []string{"\x03", "\x1c"} {
			p := begin("report")
			p.press(key)
			p.exits(55)
		}
	})
}

func TestAFailureAfterAStopIsNotReported(t *testing.T) {
	for _, phase := range []phase{ending, ended} {
		l := newLoop(t.Context(), Start{Fail: func(error) (int, func()) {
			t.Errorf("%s, and it is told", phase)
			return 55, func() {}
		}}, Options{})
		l.state.phase = phase
		l.decided(Decision{}, errDenied)()
	}
}
