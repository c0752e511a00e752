package supervise

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// stopSignals end a start at once.
var stopSignals = []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGQUIT, unix.SIGHUP}

func TestBeforeTheCommandAStopSignalEndsTheStart(t *testing.T) {
	inStages(t, stages, everywhere, func(t *testing.T, _ stage, begin starter) {
		for _, sig := range stopSignals {
			p := begin("report")
			before := len(p.said)
			p.signal(sig)
			p.exits(128 + int(sig))
			if said := p.silence()[before:]; len(said) > 0 {
				t.Errorf("after %s: %q", unix.SignalName(sig), said)
			}
		}
	})
}

func TestBeforeTheCommandAStormDoesNotLoseAStopSignal(t *testing.T) {
	inStages(t, stages, everywhere, func(t *testing.T, _ stage, begin starter) {
		for i, sig := range stopSignals {
			p := begin("report")
			for range 300 {
				for _, also := range []unix.Signal{unix.SIGWINCH, unix.SIGCONT, unix.SIGCHLD, unix.SIGUSR2, 40} {
					p.signal(also)
				}
				if i == 0 {
					p.signal(unix.SIGUSR1)
				}
			}
			p.signal(sig)
			p.exits(128 + int(sig))
		}
	})
}

func TestBeforeTheCommandSIGUSR1IsAnswered(t *testing.T) {
	inStages(t, stages, everywhere, func(t *testing.T, s stage, begin starter) {
		p := begin("report")
		p.signal(unix.SIGUSR1)
		p.expect("warn: restart ignored: the command is already starting")
		s.next(p)
		p.expect("ready")
		p.signal(unix.SIGTERM)
		p.exits(7)
		if n := p.count("ready"); n != s.starts+1 {
			t.Errorf("started %d times: %q", n, p.said)
		}
	})
}

// TestBeforeTheCommandOtherSignalsAreKeptForIt: those that the kernel queues come as often as they were sent.
func TestBeforeTheCommandOtherSignalsAreKeptForIt(t *testing.T) {
	inStages(t, stages, everywhere, func(t *testing.T, s stage, begin starter) {
		sent := []unix.Signal{unix.SIGUSR2, unix.SIGWINCH, unix.SIGURG, unix.SIGPIPE, unix.SIGALRM, 34, 64}
		const times = 300
		want := map[string]int{"signal 40": times}
		p := begin("-patient", "report")
		p.signal(unix.SIGCONT) // that is for us, and over with the second answer
		for range 2 {
			p.signal(unix.SIGUSR1)
			p.expect("warn: restart ignored: the command is already starting")
		}
		for _, sig := range sent {
			p.signal(sig)
			want[fmt.Sprint("signal ", int(sig))] = 1
		}
		for range times {
			p.signal(40)
		}
		s.next(p)
		p.expect("ready")
		got := map[string]int{}
		for range times + len(sent) {
			line, _ := p.next()
			got[line]++
		}
		p.signal(unix.SIGTERM)
		p.exits(7)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
