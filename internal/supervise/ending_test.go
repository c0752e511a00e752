package supervise

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// signalledStage is a stage in which the command, which stays until signal 64, was told to end.
func signalledStage(name string, sig unix.Signal) stage {
	return stage{name: name, reach: func(p *process) {
		p.expect("ready")
		p.signal(sig)
		p.expect("signal 15")
	}}
}

var endings = []stage{signalledStage("stopping", unix.SIGTERM), signalledStage("restarting", unix.SIGUSR1)}

// count counts a line of the whole output.
func (p *process) count(wanted string) (n int) {
	p.t.Helper()
	for _, line := range p.silence() {
		if line == wanted {
			n++
		}
	}
	return n
}

func TestWhileTheCommandEndsOtherSignalsStillReachIt(t *testing.T) {
	inStages(t, endings, everywhere, func(t *testing.T, s stage, begin starter) {
		p := begin("report", "stays")
		for _, sig := range forwardable() {
			if sig != lastSignal {
				p.signal(sig)
				p.expect(fmt.Sprint("signal ", int(sig)))
			}
		}
		for range 300 {
			p.signal(40)
			p.signal(unix.SIGCHLD)
			p.signal(unix.SIGUSR1) // a restart neither undoes a stop nor doubles a restart
		}
		for range 300 {
			p.expect("signal 40")
		}
		p.signal(lastSignal)
		want := 1
		if s.name == "restarting" {
			want = 2
			p.expect("ready")
			p.signal(unix.SIGTERM)
			p.expect("signal 15")
			p.signal(lastSignal)
		}
		p.exits(7)
		realTime := p.count("signal 40")
		if n := p.count("ready"); n != want || realTime != 300+1 {
			t.Errorf("started %d times, and signal 40 came %d times", n, realTime)
		}
	})
}

func TestWhileTheCommandEndsStopSignalsReachItAndItIsNotStartedAgain(t *testing.T) {
	inStages(t, endings, everywhere, func(t *testing.T, _ stage, begin starter) {
		p := begin("report", "stays")
		for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM} {
			for range 100 {
				p.signal(unix.SIGUSR1)
				p.signal(unix.SIGWINCH)
			}
			p.signal(sig)
			p.expect(fmt.Sprint("signal ", int(sig)))
		}
		p.signal(lastSignal)
		p.exits(7)
		if n := p.count("ready"); n != 1 {
			t.Errorf("started %d times", n)
		}
	})
}

func TestWhileTheCommandEndsKeysReachItAndNotUs(t *testing.T) {
	inStages(t, endings, onTerminal, func(_ *testing.T, s stage, begin starter) {
		p := begin("report", "stays")
		for key, sig := range map[string]string{"\x03": "signal 2", "\x1c": "signal 3", "\x1a": "signal 20"} {
			p.press(key)
			p.expect(sig)
		}
		p.signal(lastSignal)
		if s.name == "restarting" { // Ctrl-C was no wish of ours to stop
			p.expect("ready")
			p.wantForeground()
			return
		}
		p.exits(7)
	})
}
