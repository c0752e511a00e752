package supervise

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestWhatStopsWithTheCommandMayTakeAsLong walks what happens with WAIT_FOR_GROUP=1, one event after the other.
func TestWhatStopsWithTheCommandMayTakeAsLong(t *testing.T) {
	term, again, exit := signaled{unix.SIGTERM}, signaled{unix.SIGUSR1}, exited{code: 7, lived: time.Hour}
	const asked, overdue = "forward 15, forward 18, arm 8s",
		"say what the command left running did not stop within 8s and was killed"
	type walk []struct {
		event
		phase phase
		does  string
	}
	for name, steps := range map[string]walk{
		"until all have stopped": {
			{term, stopping, asked}, {exit, stopping, ""}, {reaped{}, stopping, ""}, {reaped{quiet: true}, ended, "finish 7"},
		},
		"until the time is over": {
			{term, stopping, asked}, {exit, stopping, ""}, {expired{}, ended, overdue + ", finish 7"},
		},
		"others stop first": {
			{term, stopping, asked}, {reaped{quiet: true}, stopping, ""}, {exit, stopping, ""},
			{reaped{quiet: true}, ended, "finish 7"},
		},
		"a second signal is passed on and extends nothing": {
			{term, stopping, asked}, {exit, stopping, ""}, {term, stopping, "forward 15, forward 18"},
			{expired{}, ended, overdue + ", finish 7"},
		},
		"not after the command itself was late": {
			{term, stopping, asked},
			{expired{}, stopping, "kill, say the command did not stop within 8s and was killed"},
			{exited{code: 137, killed: true}, ended, "finish 137"},
		},
		"and the rest is killed": {
			{term, stopping, asked}, {exit, stopping, ""}, {reaped{quiet: true}, ending, "kill, arm 500ms, reap"},
			{reaped{quiet: true}, ending, "kill"}, {reaped{alone: true, quiet: true}, ended, "finish 7"},
		},
		"nobody was asked": {
			{exit, ended, "say the command exited with code 7, finish 7"},
		},
		"a restart waits, too": {
			{again, restarting, asked}, {exit, restarting, ""}, {reaped{}, restarting, ""}, {again, restarting, ""},
			{reaped{quiet: true}, clearing, "kill, arm 500ms"},
			{reaped{alone: true, quiet: true}, resting, "arm"}, {expired{}, deciding, "decide"},
		},
		"a restart waits no longer": {
			{again, restarting, asked}, {exit, restarting, ""}, {expired{}, clearing, "kill, arm 500ms, " + overdue},
		},
		"a restart becomes a stop": {
			{again, restarting, asked}, {exit, restarting, ""}, {term, stopping, "forward 15, forward 18"},
			{reaped{quiet: true}, ended, "finish 7"},
		},
		"and a restart begins anew": {
			{again, restarting, asked}, {exit, restarting, ""}, {reaped{quiet: true}, clearing, "kill, arm 500ms"},
			{reaped{alone: true, quiet: true}, resting, "arm"}, {expired{}, deciding, "decide"}, {approved{}, running, "start"},
			{reaped{quiet: true}, running, ""}, {term, stopping, asked}, {reaped{quiet: true}, stopping, ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			options := &Options{ShutdownTimeout: 8 * time.Second, WaitForGroup: true, isPID1: name != "and the rest is killed"}
			s := state{phase: running}
			for i, step := range steps {
				next, actions, err := options.step(s, step.event)
				if does := show(next, actions); err != nil || next.phase != step.phase || does != step.does {
					t.Fatalf("step %d, %T: %s, %q, %v; want %s, %q", i, step.event, next.phase, does, err, step.phase, step.does)
				}
				s = next
			}
		})
	}
}

// saves is a part of a script that starts a process. When it is told to stop, it goes on until the command has ended.
const saves = `
	(trap 'while kill -0 $main 2>/dev/null; do :; done; echo saved; exit' TERM
	echo saving; while :; do sleep 0.01; done) &`

func TestWithWaitForGroupWhatStopsLaterCanFinish(t *testing.T) {
	const command = `main=$$; [ "$0" = again ] && exit 8; trap 'exit 7' TERM;` + saves + ` while :; do sleep 0.01; done`
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-group", "/bin/sh", "-c", command)
		p.expect("saving")
		p.signal(unix.SIGTERM)
		p.exits(7)
		if said := p.silence(); !slices.Contains(said, "saved") {
			t.Errorf("%q", said)
		}
		p = init("-group", "/bin/sh", "-c", command)
		p.expect("saving")
		p.signal(unix.SIGUSR1)
		p.expect("saved")
		p.exits(8)
	})
}

func TestWithWaitForGroupWhatHooksLeftCanFinish(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		const twice = `(trap 'echo told; [ $told ] && exit; told=yes' TERM; echo left; while :; do sleep 0.01; done) & `
		p := init("-group", "-hooks", twice, "report")
		p.expect("left", "ready")
		p.expect("left", "ready")
		p.signal(unix.SIGTERM)
		p.expect("told", "signal 15")
		p.expect("told", "signal 15")
		p.signal(unix.SIGTERM) // the command has ended; who stays is still told
		p.exits(7)
		if n := p.count("told"); n != 2 {
			t.Errorf("it was told %d times", n)
		}
	})
}

func TestWithWaitForGroupTheDeadlineIsTheSame(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		const deaf = `(trap '' TERM; echo left; while :; do sleep 0.1; done) & echo ready; wait`
		p := init("-group", "-timeout", "300ms", "/bin/sh", "-c", deaf)
		p.expect("left", "ready")
		p.expect("left", "ready")
		began := time.Now()
		p.signal(unix.SIGTERM)
		p.exits(terminated)
		const line = "warn: what the command left running did not stop within 300ms and was killed"
		if said := p.silence(); !slices.Contains(said, line) || time.Since(began) < 300*time.Millisecond {
			t.Errorf("after %s: %q", time.Since(began), said)
		}
	})
}

// TestWithWaitForGroupNobodyElseIsWaitedFor: what left the group was not asked to stop.
func TestWithWaitForGroupNobodyElseIsWaitedFor(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-group", "/bin/sh", "-c", `setsid sleep 60 & echo ready; wait`)
		p.expect("ready")
		p.signal(unix.SIGTERM)
		p.exits(terminated)
		p.silence()
	})
}
