package supervise

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// show is actions in a word or two each, and the end with its code.
func show(next state, actions []action) string {
	var all []string
	for _, a := range actions {
		said := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", a), "supervise.do"))
		if of := reflect.ValueOf(a); of.NumField() > 0 {
			switch field := of.Field(0); {
			case field.Kind() == reflect.String:
				said += " " + field.String()
			case field.Type() != reflect.TypeFor[time.Duration]():
				said += fmt.Sprint(" ", field.Int())
			case field.Int() != 0:
				said += " " + time.Duration(field.Int()).String()
			}
		}
		all = append(all, said)
	}
	if next.phase == ended {
		all = append(all, fmt.Sprint("finish ", next.code))
	}
	return strings.Join(all, ", ")
}

// eventsByName are one of each kind.
var eventsByName = []struct {
	name string
	event
}{
	{"begun", begun{}},
	{"hooks", begun{hooks: true}},
	{"TERM", signaled{unix.SIGTERM}},
	{"INT", signaled{unix.SIGINT}},
	{"HUP", signaled{unix.SIGHUP}},
	{"QUIT", signaled{unix.SIGQUIT}},
	{"USR1", signaled{unix.SIGUSR1}},
	{"TSTP", signaled{unix.SIGTSTP}},
	{"CONT", signaled{unix.SIGCONT}},
	{"USR2", signaled{unix.SIGUSR2}},
	{"40", signaled{40}},
	{"suspended", suspended{20}},
	{"approved", approved{}},
	{"denied", denied{55}},
	{"reported", reported{100 * time.Millisecond}},
	{"exited", exited{code: 7}},
	{"killed", exited{code: 137, killed: true}},
	{"starved", exited{code: 137, killed: true, memory: "limit 512 MiB"}},
	{"refused", refused{}},
	{"reaped", reaped{}},
	{"alone", reaped{alone: true}},
	{"expired", expired{}},
	{"due", due{}},
}

// TestStepDecidesEveryCase compares with a list of all phases with all events: those of a phase that lead to the
// same are together.
func TestStepDecidesEveryCase(t *testing.T) {
	var got strings.Builder
	for from := range ended + 1 {
		events := map[string]string{}
		var outcomes []string
		for _, on := range eventsByName {
			next, actions, err := (&Options{ShutdownTimeout: 8 * time.Second}).step(state{phase: from, code: 3}, on.event)
			outcome := fmt.Sprint(next.phase, ": ", show(next, actions))
			switch {
			case err != nil:
				outcome = "impossible"
			case next.phase == from && len(actions) == 0:
				outcome = "nothing"
			}
			if events[outcome] == "" {
				outcomes = append(outcomes, outcome)
			}
			events[outcome] += " " + on.name
		}
		for _, outcome := range outcomes {
			if strings.Count(events[outcome], " ") > 18 {
				events[outcome] = " all others"
			}
			fmt.Fprintf(&got, "%s:%s -> %s\n", from, events[outcome], outcome)
		}
		got.WriteString("\n")
	}
	if want := decisions; strings.TrimSpace(got.String()) != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant%s", got.String(), want)
	}
}

func TestAnImpossibleEventChangesNothing(t *testing.T) {
	for from := range ended {
		for _, on := range eventsByName {
			before := state{phase: from, code: 3, quickStarts: 2}
			after, actions, err := (&Options{}).step(before, on.event)
			if err != nil && (after != before || len(actions) > 0 || !strings.Contains(err.Error(), from.String())) {
				t.Errorf("%s, %s: %v, %s, %v", from, on.name, after, show(after, actions), err)
			}
		}
	}
}

func TestPID1LeavesTheRestToTheKernel(t *testing.T) {
	for from, e := range map[phase]event{
		hooking: signaled{unix.SIGTERM}, deciding: signaled{unix.SIGTERM}, failing: expired{},
		running: exited{code: 143}, stopping: exited{code: 143},
		clearing: signaled{unix.SIGTERM}, resting: signaled{unix.SIGTERM},
	} {
		next, actions, _ := (&Options{isPID1: true}).step(state{phase: from, code: 143}, e)
		if said := show(next, actions); !strings.HasSuffix(said, "finish 143") || strings.Contains(said, "kill,") {
			t.Errorf("%s: %s, %s", from, next.phase, said)
		}
	}
}

// TestStepArmsOneDeadlinePerRunAndNeverStartsAfterSIGTERM walks all short event sequences and
// checks what must hold in each, whoever changes the cases above.
func TestStepArmsOneDeadlinePerRunAndNeverStartsAfterSIGTERM(t *testing.T) {
	t.Run("command", func(t *testing.T) { walkAll(t, false) })
	t.Run("group", func(t *testing.T) { walkAll(t, true) })
}

func walkAll(t *testing.T, group bool) {
	p := &Options{ShutdownTimeout: 8 * time.Second, RestartOnCrash: 2, WaitForGroup: group}
	alphabet := []event{
		signaled{unix.SIGTERM}, signaled{unix.SIGUSR1}, signaled{unix.SIGUSR2}, approved{}, denied{55},
		exited{code: 7}, refused{}, reaped{}, reaped{quiet: true}, reaped{alone: true}, expired{},
	}
	var walk func(s state, wanted bool, armed, depth int)
	walk = func(s state, wanted bool, armed, depth int) {
		if depth == 0 {
			return
		}
		for _, e := range alphabet {
			next, actions, err := p.step(s, e)
			if err != nil {
				continue
			}
			wanted, armed := wanted || e == alphabet[0], armed
			for _, a := range actions {
				switch a := a.(type) {
				case doArm:
					if a.after == p.ShutdownTimeout {
						armed++
					}
				case doStart, doDecide:
					armed = 0
					if wanted {
						t.Fatalf("started after SIGTERM, at %+v on %+v", s, e)
					}
				}
			}
			if armed > 1 {
				t.Fatalf("deadline armed twice, at %+v on %+v", s, e)
			}
			walk(next, wanted, armed, depth-1)
		}
	}
	s, _, _ := p.step(state{}, begun{hooks: true})
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
