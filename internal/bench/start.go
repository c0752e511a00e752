package main

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// contestant is a program whose start is timed.
type contestant struct {
	name string
	time func() (time.Duration, error)
	goal goal
	took series // milliseconds
}

// starts times whole starts beside the peers', and failing ones up to the
// banner, all of them in the same rounds.
func (s *stage) starts(set settings) ([]*table, error) {
	starts, failures := s.succeeding(), s.failing()
	if err := timeRounds(set.rounds, append(starts, failures...)); err != nil {
		return nil, err
	}
	title := fmt.Sprintf("Start and end of `true` as PID 1 (rounds: %d)", set.rounds)
	return []*table{startTable(title, starts), failureTable(failures, set.rounds)}, nil
}

// timeRounds times each contestant once in every round.
func timeRounds(rounds int, all []*contestant) error {
	return inRounds(rounds, len(all), func(i int) error {
		took, err := all[i].time()
		if err != nil {
			return fmt.Errorf("time %s: %w", all[i].name, err)
		}
		all[i].took = append(all[i].took, milliseconds(took))
		return nil
	})
}

func startTable(title string, all []*contestant) *table {
	var tini series
	for _, c := range all {
		if c.name == peerTini {
			tini = c.took
		}
	}
	t := &table{
		title:  title,
		header: []string{"", "median ms", "p90 ms", "× tini", "budget", "reach"},
	}
	for _, c := range all {
		ratio := c.took.versus(tini)
		cells := []string{c.name, number(c.took.median(), 2), number(c.took.quantile(0.9), 2), number(ratio, 2)}
		t.add(append(cells, c.goal.cells(ratio)...)...)
	}
	return t
}

func failureTable(all []*contestant, rounds int) *table {
	t := &table{
		title:  fmt.Sprintf("Failing start, to the banner's first byte (rounds: %d)", rounds),
		header: []string{"", "median ms", "p90 ms", "budget", "reach"},
	}
	for _, c := range all {
		median := c.took.median()
		cells := []string{c.name, number(median, 2), number(c.took.quantile(0.9), 2)}
		t.add(append(cells, c.goal.cells(median)...)...)
	}
	return t
}

// succeeding are the peers, no init at all, and our own starts.
func (s *stage) succeeding() []*contestant {
	times := func(budget, reach float64) goal { return goal{budget, reach, "×"} }
	return append(s.peerStarts(),
		&contestant{name: "no init", time: wholeRun([]string{"true"}, nil)},
		&contestant{name: "entrypoint, plain exec", goal: times(2.1, 1.7),
			time: wholeRun(s.ours("true"), s.env("ACTIVATE_PRO=0", plainExec))},
		s.supervisedStart(times(2.9, 2)),
		&contestant{name: "entrypoint, supervised, online with TLS", goal: times(5.6, 4.5),
			time: wholeRun(s.ours("true"), s.online())},
		&contestant{name: "entrypoint, supervised, offline", goal: times(3.6, 2.8),
			time: wholeRun(s.ours("true"), s.offline())},
		&contestant{name: "entrypoint healthcheck", goal: times(2.1, 1.7),
			time: wholeRun(s.ours("healthcheck"), s.env("GATEWAY_LISTEN="+s.gateway))},
	)
}

func (s *stage) peerStarts() (all []*contestant) {
	for _, init := range s.peers {
		all = append(all, &contestant{name: init.name, time: wholeRun(init.behind("true"), nil)})
	}
	return all
}

// supervisedStart does not ask for a license, like the peers.
func (s *stage) supervisedStart(g goal) *contestant {
	return &contestant{name: "entrypoint, supervised", goal: g,
		time: wholeRun(s.ours("true"), s.env("ACTIVATE_PRO=0"))}
}

// ours is a command line of our own program.
func (s *stage) ours(args ...string) []string {
	return append([]string{s.program(entrypoint)}, args...)
}

// failing are starts without a license. The peers have no such thing; 13 ms is
// a hundredth of what the official image was reported to take.
func (s *stage) failing() []*contestant {
	fast := goal{13, 5, "ms"}
	return []*contestant{
		{name: "no credential, plain exec", time: s.toBanner(s.env(plainExec)), goal: fast},
		{name: "no credential, supervised", time: s.toBanner(s.env()), goal: fast},
		{name: "the server's verdict to the banner, supervised", time: s.verdictToBanner},
	}
}

// wholeRun times a program from before its start until after its end. A nil
// environment is ours.
func wholeRun(argv, env []string) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		cmd := asPID1(argv, env)
		began := time.Now()
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		defer guard(cmd).Stop()
		err := cmd.Wait()
		return time.Since(began), err
	}
}

// asPID1 is the command as the first process of a PID namespace. It sees the
// /proc that we see: to mount the namespace's own would take a program before
// the timed one, which costs more than tini does.
func asPID1(argv, env []string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	return cmd
}
