package supervise

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// decisions lists every phase with every kind of event: phase, event, next phase, actions.
const decisions = `
idle        begun         running     start
idle        SIGTERM       idle
idle        SIGINT        idle
idle        SIGUSR1       idle
idle        early SIGUSR1 idle
idle        SIGHUP        idle
idle        halted 20     idle
idle        exited 7      idle
idle        unstartable 7 idle
idle        refused       idle
idle        crowded       idle
idle        alone         idle
idle        expired       idle
idle        due           idle

running     begun         running
running     SIGTERM       stopping    forward 15, forward 18, arm 8s
running     SIGINT        stopping    forward 2, forward 18, arm 8s
running     SIGUSR1       restarting  forward 15, forward 18, arm 8s
running     early SIGUSR1 running     say starting
running     SIGHUP        running     forward 1
running     halted 20     running     halt 20
running     exited 7      ending      kill, arm 500ms
running     unstartable 7 ending      kill, arm 500ms
running     refused       resting     say refused 1s, arm 1s
running     crowded       running
running     alone         running
running     expired       running
running     due           running     chore

stopping    begun         stopping
stopping    SIGTERM       stopping    forward 15, forward 18
stopping    SIGINT        stopping    forward 2, forward 18
stopping    SIGUSR1       stopping
stopping    early SIGUSR1 stopping
stopping    SIGHUP        stopping    forward 1
stopping    halted 20     stopping
stopping    exited 7      ending      kill, arm 500ms
stopping    unstartable 7 ending      kill, arm 500ms
stopping    refused       resting     say refused 1s, arm 1s
stopping    crowded       stopping
stopping    alone         stopping
stopping    expired       stopping    kill, say killed
stopping    due           stopping

restarting  begun         restarting
restarting  SIGTERM       stopping    forward 15, forward 18
restarting  SIGINT        stopping    forward 2, forward 18
restarting  SIGUSR1       restarting
restarting  early SIGUSR1 restarting
restarting  SIGHUP        restarting  forward 1
restarting  halted 20     restarting
restarting  exited 7      clearing    kill, arm 500ms
restarting  unstartable 7 ending      kill, arm 500ms
restarting  refused       resting     say refused 1s, arm 1s
restarting  crowded       restarting
restarting  alone         restarting
restarting  expired       restarting  kill, say killed
restarting  due           restarting

clearing    begun         clearing
clearing    SIGTERM       ending      kill, arm 500ms
clearing    SIGINT        ending      kill, arm 500ms
clearing    SIGUSR1       clearing
clearing    early SIGUSR1 clearing
clearing    SIGHUP        clearing
clearing    halted 20     clearing
clearing    exited 7      ending      kill, arm 500ms
clearing    unstartable 7 ending      kill, arm 500ms
clearing    refused       resting     say refused 1s, arm 1s
clearing    crowded       clearing    kill
clearing    alone         resting     arm
clearing    expired       resting     say left, arm
clearing    due           clearing

resting     begun         resting
resting     SIGTERM       ended       finish 143
resting     SIGINT        ended       finish 130
resting     SIGUSR1       resting
resting     early SIGUSR1 resting
resting     SIGHUP        resting
resting     halted 20     resting
resting     exited 7      ended       finish 7
resting     unstartable 7 ended       finish 7
resting     refused       resting     say refused 1s, arm 1s
resting     crowded       resting
resting     alone         resting
resting     expired       running     restart
resting     due           resting

ending      begun         ending
ending      SIGTERM       ending
ending      SIGINT        ending
ending      SIGUSR1       ending
ending      early SIGUSR1 ending
ending      SIGHUP        ending
ending      halted 20     ending
ending      exited 7      ending      kill, arm 500ms
ending      unstartable 7 ending      kill, arm 500ms
ending      refused       resting     say refused 1s, arm 1s
ending      crowded       ending      kill
ending      alone         ended       finish
ending      expired       ended       say left, finish
ending      due           ending

ended       begun         ended
ended       SIGTERM       ended
ended       SIGINT        ended
ended       SIGUSR1       ended
ended       early SIGUSR1 ended
ended       SIGHUP        ended
ended       halted 20     ended
ended       exited 7      ended
ended       unstartable 7 ended
ended       refused       ended
ended       crowded       ended
ended       alone         ended
ended       expired       ended
ended       due           ended
`

var (
	phaseNames = []string{idle: "idle", running: "running", stopping: "stopping", restarting: "restarting",
		clearing: "clearing", resting: "resting", ending: "ending", ended: "ended"}
	verbNames = []string{doStart: "start", doRestart: "restart", doForward: "forward", doHalt: "halt",
		doKill: "kill", doArm: "arm", doChore: "chore", doSay: "say", doFinish: "finish"}
	sentenceNames = []string{sayKilled: "killed", sayCrashed: "crashed", sayRepeated: "repeated",
		sayRefused: "refused", sayStarting: "starting", sayLeft: "left"}
)

// show is an action in a word or two.
func (a action) show() string {
	said := verbNames[a.verb]
	switch {
	case a.verb == doSay:
		said += " " + sentenceNames[a.n]
	case a.n != 0:
		said += fmt.Sprint(" ", a.n)
	}
	if a.after != 0 {
		said += " " + a.after.String()
	}
	return said
}

func show(actions []action) string {
	var all []string
	for _, a := range actions {
		all = append(all, a.show())
	}
	return strings.Join(all, ", ")
}

func sent(sig unix.Signal) event { return event{kind: signalled, n: int(sig)} }

func TestStepDecidesEveryCase(t *testing.T) {
	events := []struct {
		name string
		event
	}{
		{"begun", event{kind: begun}},
		{"SIGTERM", sent(unix.SIGTERM)},
		{"SIGINT", sent(unix.SIGINT)},
		{"SIGUSR1", sent(unix.SIGUSR1)},
		{"early SIGUSR1", event{kind: signalled, n: int(unix.SIGUSR1), starting: true}},
		{"SIGHUP", sent(unix.SIGHUP)},
		{"halted 20", event{kind: halted, n: 20}},
		{"exited 7", event{kind: exited, n: 7}},
		{"unstartable 7", event{kind: unstartable, n: 7}},
		{"refused", event{kind: refused}},
		{"crowded", event{kind: crowded}},
		{"alone", event{kind: alone}},
		{"expired", event{kind: expired}},
		{"due", event{kind: due}},
	}
	want := slices.DeleteFunc(strings.Split(decisions, "\n"), func(line string) bool { return line == "" })
	var got []string
	for from, name := range phaseNames {
		for _, on := range events {
			next, actions := policy{timeout: 8 * time.Second}.step(state{phase: phase(from)}, on.event)
			line := fmt.Sprintf("%-11s %-13s %-11s %s", name, on.name, phaseNames[next.phase], show(actions))
			got = append(got, strings.TrimRight(line, " "))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d cases, %d listed", len(got), len(want))
	}
	for i, line := range got {
		if line != want[i] {
			t.Errorf("got %q, want %q", line, want[i])
		}
	}
}

func TestPID1LeavesTheRestToTheKernel(t *testing.T) {
	for _, from := range []phase{running, stopping, clearing, resting} {
		next, actions := policy{lastInit: true}.step(state{phase: from}, event{kind: unstartable, n: 7})
		if next.phase != ended || show(actions) != "finish 7" {
			t.Errorf("%s: %s, %s", phaseNames[from], phaseNames[next.phase], show(actions))
		}
	}
}

// TestStepArmsOneDeadlinePerRunAndNeverStartsAfterSIGTERM walks all short event sequences and
// checks what must hold in each, whoever changes the cases above.
func TestStepArmsOneDeadlinePerRunAndNeverStartsAfterSIGTERM(t *testing.T) {
	p := policy{timeout: 8 * time.Second, crashes: 2}
	alphabet := []event{
		sent(unix.SIGTERM), sent(unix.SIGUSR1), sent(unix.SIGHUP),
		{kind: exited, n: 7}, {kind: crowded}, {kind: alone}, {kind: expired},
	}
	var walk func(s state, wanted bool, armed, depth int)
	walk = func(s state, wanted bool, armed, depth int) {
		if depth == 0 {
			return
		}
		for _, e := range alphabet {
			if e.kind == exited && s.phase >= clearing {
				continue // there is nobody to exit
			}
			next, actions := p.step(s, e)
			wanted, armed := wanted || e == alphabet[0], armed
			for _, a := range actions {
				switch {
				case a.verb == doArm && a.after == p.timeout:
					armed++
				case a.verb == doStart || a.verb == doRestart:
					armed = 0
					if wanted {
						t.Fatalf("started after SIGTERM, at %+v on %+v", s, e)
					}
				case a.verb == doFinish && next.phase != ended:
					t.Fatalf("finished but not ended, at %+v on %+v", s, e)
				}
			}
			if armed > 1 {
				t.Fatalf("deadline armed twice, at %+v on %+v", s, e)
			}
			walk(next, wanted, armed, depth-1)
		}
	}
	s, _ := p.step(state{}, event{kind: begun})
	walk(s, false, 0, 7)
}

func TestExitCodeIsTheChildsOwnOr128PlusItsSignal(t *testing.T) {
	for n := range 256 {
		if got := ExitCode(unix.WaitStatus(n << 8)); got != n {
			t.Errorf("exit %d: %d", n, got)
		}
	}
	const coreDumped = 0x80
	for sig := 1; sig < 65; sig++ {
		for _, flag := range []int{0, coreDumped} {
			if got := ExitCode(unix.WaitStatus(sig | flag)); got != 128+sig {
				t.Errorf("signal %d (flag %#x): %d", sig, flag, got)
			}
		}
	}
}
