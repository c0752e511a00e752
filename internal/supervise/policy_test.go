package supervise

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRewrittenSignalIsTakenForTheOther(t *testing.T) {
	cases := []struct {
		from, to, sent unix.Signal
		phase          string
		actions        string
	}{
		{unix.SIGTERM, unix.SIGQUIT, unix.SIGTERM, "stopping", "forward 3, forward 18, arm 8s"}, // still a stop
		{unix.SIGTERM, unix.SIGQUIT, unix.SIGUSR1, "restarting", "forward 3, forward 18, arm 8s"},
		{unix.SIGTERM, unix.SIGQUIT, unix.SIGINT, "stopping", "forward 2, forward 18, arm 8s"},
		{unix.SIGTERM, unix.SIGUSR1, unix.SIGTERM, "restarting", "forward 15, forward 18, arm 8s"},
		{unix.SIGTERM, 0, unix.SIGTERM, "running", ""},
		{unix.SIGTERM, 0, unix.SIGUSR1, "restarting", "forward 15, forward 18, arm 8s"},
		{unix.SIGUSR1, 0, unix.SIGUSR1, "running", ""},
		{unix.SIGUSR1, unix.SIGUSR2, unix.SIGUSR1, "running", "forward 12"},
		{unix.SIGHUP, unix.SIGUSR1, unix.SIGHUP, "restarting", "forward 15, forward 18, arm 8s"},
		{unix.SIGHUP, unix.SIGTERM, unix.SIGHUP, "stopping", "forward 15, forward 18, arm 8s"},
		{40, unix.SIGWINCH, 40, "running", "forward 28"},
		{unix.SIGWINCH, 40, unix.SIGWINCH, "running", "forward 40"},
	}
	for _, c := range cases {
		p := &Options{ShutdownTimeout: 8 * time.Second, Rewrite: map[unix.Signal]unix.Signal{c.from: c.to}}
		next, actions, err := p.step(state{phase: running}, signaled{c.sent})
		if got := next.phase.String(); got != c.phase || show(next, actions) != c.actions || err != nil {
			t.Errorf("%+v: %s, %s, %v", c, got, show(next, actions), err)
		}
	}
}

func TestBeforeTheCommandARewrittenSignalIsTakenForTheOther(t *testing.T) {
	cases := []struct {
		from, to, sent unix.Signal
		phase          phase
		actions        string
	}{
		{unix.SIGTERM, unix.SIGQUIT, unix.SIGTERM, ended, "finish 131"},
		{unix.SIGTERM, unix.SIGWINCH, unix.SIGTERM, ended, "finish 156"}, // still a stop
		{unix.SIGTERM, unix.SIGUSR1, unix.SIGTERM, deciding, "say restart ignored: the command is already starting"},
		{unix.SIGTERM, 0, unix.SIGTERM, deciding, ""},
		{unix.SIGWINCH, unix.SIGTERM, unix.SIGWINCH, ended, "finish 143"},
		{unix.SIGHUP, unix.SIGUSR2, unix.SIGHUP, deciding, "keep 1"}, // and rewritten when it is delivered
		{unix.SIGUSR1, unix.SIGUSR2, unix.SIGUSR1, deciding, "keep 10"},
		{40, unix.SIGHUP, 40, ended, "finish 129"},
	}
	for _, c := range cases {
		p := &Options{isPID1: true, Rewrite: map[unix.Signal]unix.Signal{c.from: c.to}}
		next, actions, err := p.step(state{phase: deciding}, signaled{c.sent})
		if next.phase != c.phase || show(next, actions) != c.actions || err != nil {
			t.Errorf("%+v: %s, %s, %v", c, next.phase, show(next, actions), err)
		}
	}
}

// history plays runs that end by themselves, each with its code and length, and tells what follows.
func history(p *Options, on func(s state) event, lengths ...time.Duration) (said []string) {
	step := func(s state, e event) (state, string) {
		next, actions, err := p.step(s, e)
		if err != nil {
			panic(err)
		}
		return next, show(next, actions)
	}
	s, _ := step(state{}, begun{})
	s, _ = step(s, approved{})
	for _, lived := range lengths {
		e := on(s)
		if _, asked := e.(signaled); asked {
			s, _ = step(s, e)
			e = exited{code: 143}
		}
		end := e.(exited)
		end.lived = lived
		s, _ = step(s, end)
		var actions string
		s, actions = step(s, reaped{alone: true})
		said = append(said, actions)
		if s.phase != ended {
			s, _ = step(s, expired{})
			s, _ = step(s, approved{})
		}
	}
	return said
}

func TestRestartsInQuickSuccessionBackOff(t *testing.T) {
	const long = shortLife
	restart := func(state) event { return signaled{unix.SIGUSR1} }
	got := history(&Options{}, restart, 1, 1, 1, 1, 1, 1, 1, 1, long, 1, 1)
	const want = "arm, arm 1s, arm 2s, arm 4s, arm 8s, arm 16s, arm 30s, arm 30s, arm, arm, arm 1s"
	if strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCrashIsForgivenSoManyTimesInARow(t *testing.T) {
	crash := func(state) event { return exited{code: 1} }
	cases := []struct {
		limit   int
		lengths []time.Duration
		want    []string
	}{
		{0, []time.Duration{1}, []string{"finish 1"}},
		{2, []time.Duration{1, 1, 1}, []string{"arm", "arm 1s", "finish 1"}},
		{2, []time.Duration{shortLife, shortLife, shortLife}, []string{"arm", "arm", "finish 1"}},
		{1, []time.Duration{1, calmLife, calmLife, 1}, []string{"arm", "arm", "arm", "finish 1"}},
	}
	for _, c := range cases {
		if got := history(&Options{RestartOnCrash: c.limit}, crash, c.lengths...); !slices.Equal(got, c.want) {
			t.Errorf("limit %d: %q, want %q", c.limit, got, c.want)
		}
	}
}

func TestOnlyWhatMayDoBetterIsACrash(t *testing.T) {
	for _, code := range []exitCode{0, 55, 78, 126, 127} {
		if isCrash(code) {
			t.Error(code)
		}
	}
	for _, code := range []exitCode{1, 2, 137, 139, 255} {
		if !isCrash(code) {
			t.Error(code)
		}
	}
	next, _, _ := (&Options{RestartOnCrash: 3}).step(state{phase: stopping}, exited{code: 1})
	if next.phase != ending {
		t.Error("a command that was asked to stop was started again")
	}
}
