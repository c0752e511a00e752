package supervise

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// forwardable are all signals that go to the command.
func forwardable() (all []unix.Signal) {
	for sig := unix.Signal(1); sig <= lastSignal; sig++ {
		if isForwarded(sig) {
			all = append(all, sig)
		}
	}
	return all
}

func TestEverySignalIsForwardedButThoseThatCannotBe(t *testing.T) {
	for _, sig := range []unix.Signal{unix.SIGURG, unix.SIGPROF, unix.SIGSEGV, unix.SIGPIPE, unix.SIGABRT, 34, 64} {
		if !slices.Contains(forwardable(), sig) {
			t.Errorf("%d is not", sig)
		}
	}
	if n := len(forwardable()); n != 64-2-1-1-2-2-2 { // stops, restart, reap, terminal, kernel, C library
		t.Error(n)
	}
}

// TestAllSignalsAtOnceArriveExactlyOnce sends them in any order and without waiting. Not SIGTSTP
// and SIGCONT, each of which takes back the other in the kernel.
func TestAllSignalsAtOnceArriveExactlyOnce(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("report")
		p.expect("ready")
		want := slices.DeleteFunc(forwardable(), func(sig unix.Signal) bool {
			return sig == unix.SIGTSTP || sig == unix.SIGCONT
		})
		all := slices.Clone(want)
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, sig := range all {
			p.signal(sig)
		}
		var got []unix.Signal
		for range all {
			line, _ := p.next()
			got = append(got, unix.Signal(numberOf(line)))
		}
		p.signal(unix.SIGTERM)
		p.exits(7)
		p.silence()
		slices.Sort(got)
		// SIGTERM comes with a SIGCONT, which the report may or may not live to see.
		rest := slices.DeleteFunc(slices.Clone(p.said[1+len(all):]), func(line string) bool { return line == "signal 18" })
		if !slices.Equal(got, want) || !slices.Equal(rest, []string{"signal 15"}) {
			t.Errorf("%v, then %q", got, rest)
		}
	})
}

func TestRewrittenSignals(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		const script = `
			trap 'exit 3' QUIT; trap 'exit 9' TERM; trap 'exit 12' USR2; echo ready; while :; do sleep 0.01; done`
		for _, c := range []struct {
			rewrite string
			sent    unix.Signal
			code    int
		}{{"15:3", unix.SIGTERM, 3}, {"3:15", unix.SIGQUIT, 9}, {"40:15", 40, 9}, {"2:15", unix.SIGINT, 9},
			{"10:12", unix.SIGUSR1, 12}, {"15:0", unix.SIGTERM, 12}} {
			p := init("-rewrite", c.rewrite, "/bin/sh", "-c", script)
			p.expect("ready")
			p.signal(c.sent)
			if c.rewrite == "15:0" {
				p.signal(unix.SIGUSR2)
			}
			p.exits(c.code)
		}
	})
}

func TestLeaderAloneGetsTheSignals(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-leader", "family")
		for range 2 {
			p.expect("ready child", "ready grandchild")
		}
		p.signal(unix.SIGTERM)
		p.expect("SIGTERM child")
		p.signal(unix.SIGUSR2)
		p.exits(41)
		if slices.Contains(p.silence(), "SIGTERM grandchild") {
			t.Error(p.said)
		}
	})
}

func TestEndOfTheParentIsASignal(t *testing.T) {
	t.Parallel()
	p := start(t, asChild, "parent", "init", "-pdeath", "15", "/bin/sh", "-c",
		`trap 'echo asked to stop; exit 3' TERM; echo ready; while :; do sleep 0.01; done`)
	p.expect("ready")
	p.feed("")
	p.exits(7)
	p.expect("asked to stop")
	p.silence()
}

func TestASignalToAChildBeforeItsExecIsNotOurs(t *testing.T) {
	t.Parallel()
	p := start(t, asPID1, "mother")
	p.expect("got 0")
	p.exits(7)
}

func TestSignalsThatTheCallerBlockedArrive(t *testing.T) {
	t.Parallel()
	p := start(t, asPID1, "hostile", "init", "report")
	p.expect("ready")
	for _, sig := range []unix.Signal{unix.SIGUSR2, 40} {
		p.signal(sig)
		p.expect("signal " + strconv.Itoa(int(sig)))
	}
	p.signal(unix.SIGTERM)
	p.exits(7)
}

func TestAFloodOfOneSignalGivesWayToTheNext(t *testing.T) {
	l := newLoop(t.Context(), Start{}, Options{})
	l.state.phase = ended
	inbox.putBack(40, 1000)
	inbox.putBack(unix.SIGTERM, 1)
	l.receive(inbox.next())
	if sig, _ := inbox.next(); sig != unix.SIGTERM {
		t.Errorf("then %d", sig)
	}
	if sig, count := inbox.next(); sig != 40 || count != 1000-64 || inbox.waiting() > 0 {
		t.Errorf("at last %d, %d times", sig, count)
	}
}
