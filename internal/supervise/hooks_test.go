package supervise

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// endlessHooks never end by themselves, nor by anything but SIGKILL.
var endlessHooks = map[string]string{
	"deaf":               `trap '' TERM INT HUP QUIT; echo hooking; while :; do sleep 1; done`,
	"stopped":            `echo hooking; kill -STOP $$`,
	"with a family":      `(trap '' TERM; sleep 60 & sleep 60) & echo hooking; sleep 60`,
	"in other sessions":  `setsid sleep 60 & setsid /bin/sh -c 'setsid sleep 60 & sleep 60' & echo hooking; sleep 60`,
	"that fork for ever": `echo hooking; while :; do (/bin/true &); done`,
}

func TestHooksThatNeverEndDoNotDelayTheStop(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for name, script := range endlessHooks {
			p := init("-hooks", script, "report")
			p.expect("hooking")
			began := time.Now()
			p.signal(unix.SIGTERM)
			p.exits(terminated)
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s: it took %s", name, took)
			}
			if said := p.silence(); !slices.Equal(said, []string{"hooking"}) { // and nothing is left
				t.Errorf("%s: %q", name, said)
			}
		}
	})
}

func TestHooksThatFailDoNotStopTheStart(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, code := range []string{"0", "1", "55", "126", "255"} {
			init("-hooks", "exit "+code, "/bin/sh", "-c", "exit 7").exits(7)
		}
	})
}

func TestHooksThatASignalKillsEndTheStart(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGKILL, unix.SIGSEGV, unix.SIGTERM, 40} {
			p := init("-crashes", "9", "-hooks", fmt.Sprintf("ulimit -c 0; echo hooking; kill -%d $$", sig), "report")
			p.exits(128 + int(sig))
			if said := p.silence(); !slices.Equal(said, []string{"hooking"}) {
				t.Errorf("%d: %q", sig, said)
			}
		}
	})
}

// leftover is what hooks leave running. It says when it is told to stop, and stays.
const leftover = `(trap 'echo told' TERM; echo left; while :; do sleep 0.01; done) & `

func TestWhatHooksLeaveRunningIsStoppedAndKilled(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-hooks", leftover, "count", "child")
		p.expect("left")
		p.expect("ready child")
		p.signal(unix.SIGTERM)
		for range 2 {
			p.expect("told", "SIGTERM child")
		}
		p.signal(unix.SIGUSR2)
		p.exits(41)
		p.silence()
	})
}

func TestWhatHooksLeaveRunningChangesNeitherTheExitCodeNorTheDeadline(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		const deaf = `(trap '' TERM INT HUP; echo left; while :; do sleep 0.1; done) & `
		for _, c := range []struct {
			command []string
			code    int
		}{{[]string{"report"}, 7}, {[]string{"count", "child"}, killed}} {
			p := init(append([]string{"-timeout", "300ms", "-hooks", deaf}, c.command...)...)
			p.expect("left")
			p.expect("ready", "ready child")
			p.signal(unix.SIGTERM)
			p.exits(c.code)
			p.silence()
		}
	})
}

func TestWhatHooksLeaveRunningEndsAtARestart(t *testing.T) {
	t.Parallel()
	const script = `[ "$0" = again ] || { echo ready; exec sleep 60; }` + awaitNoOther + `; exit 7`
	p := start(t, asPID1, "init", "-hooks", leftover, "/bin/sh", "-c", script)
	p.expect("ready")
	p.signal(unix.SIGUSR1)
	p.exits(7)
}

// TestTheNumberOfTheHooksGroupMayBeAnothers: when what hooks have left has ended, the kernel gives the
// number to somebody else, who gets none of the command's signals.
func TestTheNumberOfTheHooksGroupMayBeAnothers(t *testing.T) {
	t.Parallel()
	const hooks = `cd "$DIR"; echo $$ >group; sleep 60 & echo $! >left`
	const command = `
		cd "$DIR"; read group <group; read left <left
		kill $left; while kill -0 $left 2>/dev/null; do :; done
		echo $((group - 1)) >/proc/sys/kernel/ns_last_pid
		setsid /bin/sh -c 'trap "echo wrong" HUP; trap "echo asked; exit" USR2; echo ready $$
			while :; do sleep 0.01; done' & other=$!
		[ $other = $group ] || echo "its number is $other, not $group"
		trap 'echo right; kill -USR2 $other' HUP; trap 'exit 7' TERM
		while :; do sleep 0.01; done`
	p := start(t, inDirectory(t, asPID1), "init", "-hooks", hooks, "/bin/sh", "-c", command)
	line, _ := p.next()
	p.signal(unix.SIGHUP)
	p.expect("right")
	p.expect("asked")
	p.signal(unix.SIGTERM)
	p.exits(7)
	if said := p.silence(); slices.Contains(said, "wrong") || numberOf(line) == 0 {
		t.Errorf("%q", said)
	}
}

func TestHooksAndCommandHaveTheForegroundAndTheDecisionDoesNot(t *testing.T) {
	each(t, onTerminal, func(t *testing.T, init starter) {
		p := init("-ask", "-hooks", waitingHooks, "report")
		p.expect("hooking")
		p.wantForeground()
		p.feed("go")
		p.expect("deciding")
		if group := p.foreground(); group != p.cmd.Process.Pid {
			t.Errorf("group %d is the foreground, not ours", group)
		}
		p.feed("go")
		p.expect("ready")
		p.wantForeground()
	})
}
