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
	all := append(starts, failures...)
	err := inRounds(set.rounds, len(all), func(i int) error {
		took, err := all[i].time()
		if err != nil {
			return fmt.Errorf("time %s: %w", all[i].name, err)
		}
		all[i].took = append(all[i].took, milliseconds(took))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []*table{startTable(starts, set.rounds), failureTable(failures, set.rounds)}, nil
}

func startTable(all []*contestant, rounds int) *table {
	var tini series
	for _, c := range all {
		if c.name == peerTini {
			tini = c.took
		}
	}
	t := &table{
		title:  fmt.Sprintf("Start and end of `true` as PID 1 (rounds: %d)", rounds),
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
	var all []*contestant
	for _, init := range s.peers {
		all = append(all, &contestant{name: init.name, time: wholeRun(init.behind("true"), nil)})
	}
	times := func(budget, reach float64) goal { return goal{budget, reach, "×"} }
	ours := []string{s.program(entrypoint), "true"}
	return append(all,
		&contestant{name: "no init", time: wholeRun([]string{"true"}, nil)},
		&contestant{name: "entrypoint, plain exec", goal: times(2.2, 1.5),
			time: wholeRun(ours, s.env("ACTIVATE_PRO=0", plainExec))},
		&contestant{name: "entrypoint, supervised", goal: times(4, 2.5),
			time: wholeRun(ours, s.env("ACTIVATE_PRO=0"))},
		&contestant{name: "entrypoint, supervised, online with TLS", goal: times(7, 4),
			time: wholeRun(ours, s.online())},
		&contestant{name: "entrypoint, supervised, offline", goal: times(5, 3),
			time: wholeRun(ours, s.offline())},
		&contestant{name: "entrypoint healthcheck", goal: times(3, 2),
			time: wholeRun([]string{ours[0], "healthcheck"}, s.env("GATEWAY_LISTEN="+s.gateway))},
	)
}

// failing are starts without a license. What they are to be compared with, the
// official image's 1.3 s, is no program that we have.
func (s *stage) failing() []*contestant {
	const official = 1300 // ms
	fast := goal{official / 50, official / 100, "ms"}
	return []*contestant{
		{name: "no credential, plain exec", time: s.toBanner(s.env(plainExec)), goal: fast},
		{name: "no credential, supervised", time: s.toBanner(s.env()), goal: fast},
		{name: "the server's verdict to the banner, supervised", time: s.verdictToBanner, goal: goal{100, 10, "ms"}},
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

// asPID1 is the command as the first process of a PID namespace, without a
// /proc of that namespace: to mount one would take another process and more
// time than tini takes for everything.
func asPID1(argv, env []string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	return cmd
}
