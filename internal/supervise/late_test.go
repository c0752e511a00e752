package supervise

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// endings are the times at which the command is told to end, by what.
var endings = map[string]unix.Signal{"stopping": unix.SIGTERM, "restarting": unix.SIGUSR1}

// inEveryEnding runs a test in each of them, with every init. The command stays until signal 64.
func inEveryEnding(t *testing.T, test func(t *testing.T, p *process, restarts bool)) {
	t.Parallel()
	inits := maps.Clone(withoutTerminal)
	maps.Copy(inits, onTerminal)
	for name, sig := range endings {
		for how, init := range inits {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				p := init(t, "report", "stays")
				p.expect("ready")
				p.signal(sig)
				p.expect("signal 15")
				test(t, p, sig == unix.SIGUSR1)
			})
		}
	}
}

func TestWhileTheCommandEndsOtherSignalsStillReachIt(t *testing.T) {
	inEveryEnding(t, func(t *testing.T, p *process, restarts bool) {
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
		if restarts {
			p.expect("ready")
			p.signal(unix.SIGTERM)
			p.expect("signal 15")
			p.signal(lastSignal)
		}
		p.exits(7)
		if n := len(slices.DeleteFunc(p.silence(), func(line string) bool { return line != "ready" })); restarts != (n == 2) {
			t.Errorf("started %d times", n)
		}
	})
}

func TestWhileTheCommandEndsStopSignalsReachItAndItIsNotStartedAgain(t *testing.T) {
	inEveryEnding(t, func(t *testing.T, p *process, _ bool) {
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
		if n := len(slices.DeleteFunc(p.silence(), func(line string) bool { return line != "ready" })); n != 1 {
			t.Errorf("started %d times", n)
		}
	})
}

func TestWhileTheCommandEndsKeysReachItAndNotUs(t *testing.T) {
	t.Parallel()
	for name, sig := range endings {
		for how, init := range onTerminal {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				p := init(t, "report", "stays")
				p.expect("ready")
				p.signal(sig)
				p.expect("signal 15")
				for key, sig := range map[string]string{"\x03": "signal 2", "\x1c": "signal 3", "\x1a": "signal 20"} {
					p.press(key)
					p.expect(sig)
				}
				p.signal(lastSignal)
				if name == "restarting" { // Ctrl-C was no wish of ours to stop
					p.expect("ready")
					p.wantForeground()
					return
				}
				p.exits(7)
			})
		}
	}
}
