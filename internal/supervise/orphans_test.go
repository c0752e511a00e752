package supervise

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit/cage"
)

// awaitNoOther is shell that waits until nobody is there but PID 1 and the shell itself.
const awaitNoOther = `
	while :; do set -- /proc/[0-9]*; [ $# -le 2 ] && break; done`

func TestAThousandOrphansAreReapedUnderLoad(t *testing.T) {
	t.Parallel()
	const script = `
		(while :; do :; done) & load=$!
		i=0; while [ $i -lt 1000 ]; do (/bin/true &); i=$((i+1)); done
		kill -9 $load; wait $load` + awaitNoOther + `
		exit 7`
	start(t, asPID1, "init", "/bin/sh", "-c", script).exits(7)
}

func TestProcessesThatForkTwiceAreReaped(t *testing.T) {
	t.Parallel()
	const script = `
		i=0; while [ $i -lt 50 ]; do setsid /bin/sh -c '(/bin/sh -c "exit 3" &) & exit 0'; i=$((i+1)); done
		` + awaitNoOther + `
		exit 7`
	start(t, asPID1, "init", "/bin/sh", "-c", script).exits(7)
}

// TestStormOfDyingChildrenDoesNotDelaySIGTERM also has the command's end among them.
func TestStormOfDyingChildrenDoesNotDelaySIGTERM(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		const script = `
			trap 'exit 9' TERM
			(while :; do (/bin/true &); done) &
			echo ready
			while :; do (/bin/true &); done`
		p := init("/bin/sh", "-c", script)
		p.expect("ready")
		p.signal(unix.SIGTERM)
		p.exits(9)
		p.silence()
	})
}

// TestNothingOutlivesTheInit lets the command leave behind what holds the output open.
func TestNothingOutlivesTheInit(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for name, left := range map[string]string{
			"own group and session": "setsid sleep 60 &",
			"writer":                "(while echo noise; do sleep 0.01; done) &",
			"deaf":                  "(trap '' TERM HUP INT; while :; do sleep 1; done) &",
			"family of sessions":    "setsid /bin/sh -c 'setsid /bin/sh -c \"sleep 60 & sleep 60\" & sleep 60' &",
		} {
			p := init("/bin/sh", "-c", left+" sleep 0.05; exit 7")
			p.exits(7)
			p.silence()
			if warnings := p.warnings(); len(warnings) > 0 {
				t.Errorf("%s: %q", name, warnings)
			}
		}
	})
}

func TestRestartLeavesNothingOfTheOldRun(t *testing.T) {
	t.Parallel()
	const script = `
		if [ "$0" = again ]; then` + awaitNoOther + `; exit 7; fi
		deaf() { trap "" TERM; while :; do sleep 1; done; }
		deaf & setsid sleep 60 & setsid /bin/sh -c 'trap "" TERM; while :; do sleep 1; done' &
		echo ready; exec sleep 60`
	p := start(t, asPID1, "init", "/bin/sh", "-c", script)
	p.expect("ready")
	p.signal(unix.SIGUSR1)
	p.exits(7)
}

func TestForkBombIsStoppedWithTheRest(t *testing.T) {
	t.Parallel()
	full := cage.New(t, 100)
	p := start(t, asPID1, "caged", full.Door, "init", "-timeout", "1s", "/bin/sh", "-c",
		`trap 'exit 9' TERM; bomb() { bomb | bomb & }; (bomb) 2>/dev/null & echo ready; while :; do :; done`)
	p.expect("ready")
	for until := time.Now().Add(limit); !full.WasFull() && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	p.signal(unix.SIGTERM)
	p.exits(9)
	p.silence()
}

func TestCommandExitingWhileASignalIsInFlight(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for range 30 {
			p := init("/bin/sh", "-c", `trap 'exit 7' USR2; echo ready; while :; do sleep 0.01; done`)
			p.expect("ready")
			p.signal(unix.SIGUSR2)
			for range 20 {
				_ = p.cmd.Process.Signal(unix.SIGUSR2)
				_ = p.cmd.Process.Signal(unix.SIGWINCH)
			}
			p.exits(7)
			if warnings := p.warnings(); len(warnings) > 0 {
				t.Error(warnings)
			}
		}
	})
}

func TestCommandThatStoppedItselfIsStillAskedToStop(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("/bin/sh", "-c", `trap 'exit 9' TERM; (sleep 0.05; echo stopped) & kill -STOP $$; exit 8`)
		p.expect("stopped")
		p.signal(unix.SIGTERM)
		p.exits(9)
	})
}

func TestCommandInheritsWhatWeWereGivenAndNothingElse(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		const script = `cd /proc/$$/fd; echo *; [ $# = 0 ] && { echo ready; exec sleep 60; }; exit 7`
		direct, _ := exec.Command("/bin/sh", "-c", script, "first", "again").Output()
		want := strings.TrimSpace(string(direct))

		p := init("/bin/sh", "-c", script, "first")
		p.expect("ready")
		p.signal(unix.SIGUSR1) // what a restart opens must not leak, either
		p.exits(7)
		if said := p.silence(); !slices.Equal(said, []string{want, "ready", want}) {
			t.Errorf("%q, want %q", said, want)
		}
	})
}
