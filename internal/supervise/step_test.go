package supervise

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// decisions lists every phase with every kind of event: phase, event, next phase, actions.
const decisions = `
idle        begun         running     start
idle        SIGTERM       idle
idle        SIGINT        idle
idle        SIGUSR1       idle
idle        SIGHUP        idle
idle        SIGPIPE       idle
idle        exited 7      idle
idle        unstartable 7 ended       finish 7
idle        expired       idle

running     begun         running
running     SIGTERM       stopping    forward 15, arm
running     SIGINT        stopping    forward 2, arm
running     SIGUSR1       restarting  forward 15, arm
running     SIGHUP        running     forward 1
running     SIGPIPE       running
running     exited 7      ended       kill, finish 7
running     unstartable 7 ended       finish 7
running     expired       running

stopping    begun         stopping
stopping    SIGTERM       stopping    forward 15
stopping    SIGINT        stopping    forward 2
stopping    SIGUSR1       stopping
stopping    SIGHUP        stopping    forward 1
stopping    SIGPIPE       stopping
stopping    exited 7      ended       kill, finish 7
stopping    unstartable 7 ended       finish 7
stopping    expired       stopping    kill, complain

restarting  begun         restarting
restarting  SIGTERM       stopping    forward 15
restarting  SIGINT        stopping    forward 2
restarting  SIGUSR1       restarting
restarting  SIGHUP        restarting  forward 1
restarting  SIGPIPE       restarting
restarting  exited 7      running     kill, restart
restarting  unstartable 7 ended       finish 7
restarting  expired       restarting  kill, complain

ended       begun         ended
ended       SIGTERM       ended
ended       SIGINT        ended
ended       SIGUSR1       ended
ended       SIGHUP        ended
ended       SIGPIPE       ended
ended       exited 7      ended
ended       unstartable 7 ended
ended       expired       ended
`

func TestStepDecidesEveryCase(t *testing.T) {
	phases := []string{idle: "idle", running: "running", stopping: "stopping", restarting: "restarting", ended: "ended"}
	verbs := []string{doStart: "start", doRestart: "restart", doForward: "forward", doKill: "kill",
		doArm: "arm", doComplain: "complain", doFinish: "finish"}
	events := []struct {
		name string
		event
	}{
		{"begun", event{kind: begun}},
		{"SIGTERM", event{kind: signalled, n: int(unix.SIGTERM)}},
		{"SIGINT", event{kind: signalled, n: int(unix.SIGINT)}},
		{"SIGUSR1", event{kind: signalled, n: int(unix.SIGUSR1)}},
		{"SIGHUP", event{kind: signalled, n: int(unix.SIGHUP)}},
		{"SIGPIPE", event{kind: signalled, n: int(unix.SIGPIPE)}},
		{"exited 7", event{kind: exited, n: 7}},
		{"unstartable 7", event{kind: unstartable, n: 7}},
		{"expired", event{kind: expired}},
	}
	want := slices.DeleteFunc(strings.Split(decisions, "\n"), func(line string) bool { return line == "" })
	var got []string
	for from, name := range phases {
		for _, on := range events {
			next, actions := step(state{phase(from)}, on.event)
			var do []string
			for _, a := range actions {
				do = append(do, strings.TrimSuffix(fmt.Sprint(verbs[a.verb], " ", a.n), " 0"))
			}
			line := fmt.Sprintf("%-11s %-13s %-11s %s", name, on.name, phases[next.phase], strings.Join(do, ", "))
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

// TestStepArmsOneDeadlinePerRunAndNeverStartsAfterSIGTERM walks all short event sequences and checks what must
// hold in each, whoever changes the cases above.
func TestStepArmsOneDeadlinePerRunAndNeverStartsAfterSIGTERM(t *testing.T) {
	alphabet := []event{
		{kind: signalled, n: int(unix.SIGTERM)},
		{kind: signalled, n: int(unix.SIGUSR1)},
		{kind: signalled, n: int(unix.SIGHUP)},
		{kind: exited, n: 7},
		{kind: expired},
	}
	var walk func(s state, wanted bool, armed, depth int)
	walk = func(s state, wanted bool, armed, depth int) {
		if depth == 0 {
			return
		}
		for _, e := range alphabet {
			next, actions := step(s, e)
			wanted, armed := wanted || e == alphabet[0], armed
			for _, a := range actions {
				switch a.verb {
				case doArm:
					armed++
				case doStart, doRestart:
					armed = 0
					if wanted {
						t.Fatalf("started after SIGTERM, at %+v on %+v", s, e)
					}
				case doFinish:
					if next.phase != ended {
						t.Fatalf("finished but not ended, at %+v on %+v", s, e)
					}
				}
			}
			if armed > 1 {
				t.Fatalf("deadline armed twice, at %+v on %+v", s, e)
			}
			walk(next, wanted, armed, depth-1)
		}
	}
	s, _ := step(state{}, event{kind: begun})
	walk(s, false, 0, 7)
}

func TestSignalTableNamesEachSignalOnceAndNoneOfTheRuntime(t *testing.T) {
	taboo := []unix.Signal{unix.SIGURG, unix.SIGPROF, unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE,
		unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGKILL, unix.SIGSTOP}
	seen := map[unix.Signal]bool{}
	for _, row := range signalTable {
		if seen[row.signal] || slices.Contains(taboo, row.signal) {
			t.Errorf("%s must not be there, or only once", unix.SignalName(row.signal))
		}
		seen[row.signal] = true
	}
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
