// Bench prints what the entrypoint costs beside tini, dumb-init and catatonit, and what
// the license authority can bear: the budgets of the design as tables. Every round measures each program once,
// in a random order, and a ratio is the median of the rounds' own ratios, so
// that a noisy machine disturbs all of them alike. docs/PERFORMANCE.md explains
// the tables.
//
// Usage: go run ./internal/bench [-quick] [-o docs/PERFORMANCE.md] [-rounds N] …
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// settings is how much is measured.
type settings struct {
	rounds, signalRounds, orphanRounds int
	orphans                            int
	restarts                           int
	settle                             time.Duration
	termRounds                         int
	termStep, termUntil                time.Duration
	onlyTerm                           bool
	loadRounds, tokens                 int
	members, visits                    int
	load                               time.Duration
	clients                            counts
	onlyAuthority                      bool
	others                             []string // programs to stop, or to ask for licenses, as well
	document                           string   // where to write the tables as well
}

func main() {
	if len(os.Args) > 1 {
		if play := role(os.Args[1]); play != nil {
			exit(play(os.Args[2:]))
		}
	}
	exit(bench(readFlags()))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: cannot", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func readFlags() settings {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 100, "how often each start is timed")
	flag.DurationVar(&s.settle, "settle", time.Minute, "how long the inits rest before their memory is read")
	flag.IntVar(&s.restarts, "restarts", 20, "how often an init is restarted before its memory is read")
	flag.IntVar(&s.signalRounds, "signal-rounds", 12, "how often each init is sent a series of signals")
	flag.IntVar(&s.orphanRounds, "orphan-rounds", 3, "how often each init is left a stream of orphans")
	flag.IntVar(&s.orphans, "orphans", 20_000, "how many orphans are in a stream")
	flag.IntVar(&s.termRounds, "term-rounds", 100, "how often a start is stopped at each moment after execve")
	flag.DurationVar(&s.termStep, "term-step", time.Millisecond, "the time from one such moment to the next")
	flag.DurationVar(&s.termUntil, "term-until", 25*time.Millisecond, "the last such moment")
	flag.BoolVar(&s.onlyTerm, "term", false,
		"measure only these moments, those of other programs as well if there are arguments")
	flag.IntVar(&s.loadRounds, "load-rounds", 5, "how often the license authority is put under each load")
	flag.DurationVar(&s.load, "load", 3*time.Second, "how long it is under load")
	s.clients = counts{2, 100, 400}
	flag.Var(&s.clients, "clients", "numbers of clients that ask the license authority at once, such as 2,100")
	flag.IntVar(&s.tokens, "tokens", 100, "how many tokens it has then")
	flag.IntVar(&s.members, "members", 100_000, "how many members it has when each kind of request is timed")
	flag.IntVar(&s.visits, "visits", 50, "how often each kind of request is timed then")
	flag.BoolVar(&s.onlyAuthority, "authority", false,
		"measure only the license authority, those of other programs as well if there are arguments")
	flag.StringVar(&s.document, "o", "", "a document to write the tables into, between its marks")
	quick := flag.Bool("quick", false, "measure little, in about a minute, whatever other flags say")
	flag.Parse()
	s.others = flag.Args()
	if *quick {
		s.rounds, s.signalRounds, s.orphanRounds, s.orphans = 15, 2, 1, 4000
		s.restarts, s.settle, s.termRounds = 3, 3*time.Second, 10
		s.loadRounds, s.load, s.tokens, s.members, s.visits = 1, time.Second, 20, 10_000, 10
	}
	return s
}

func bench(s settings) error {
	if s.document != "" {
		if err := checkDocument(s.document); err != nil {
			return err
		}
	}
	stage, err := newStage()
	if err != nil {
		return err
	}
	defer stage.close()
	stage.closeWhenStopped()

	var text strings.Builder
	say := func(more string) {
		text.WriteString(more)
		fmt.Print(more)
	}
	say("Measured on " + stage.describe())
	for _, name := range stage.missing {
		say("\nSkipped: " + name + ", which is not installed.\n")
	}
	measurements := []measurement{stage.size}
	if err := stage.canContain(); err == nil {
		measurements = append(measurements, stage.starts, stage.busyStarts, stage.memory, stage.signals,
			stage.term, stage.orphans)
	} else {
		say("\nSkipped: all of PID 1, because a PID namespace takes root (" + err.Error() + ").\n")
	}
	measurements = append(measurements, stage.authority, stage.logins, stage.many)
	switch {
	case s.onlyTerm:
		measurements = []measurement{stage.term}
	case s.onlyAuthority:
		measurements = []measurement{stage.size, stage.authority, stage.logins, stage.many}
	}
	for _, measure := range measurements {
		tables, err := measure(s)
		for _, t := range tables {
			say("\n" + t.String())
		}
		if err != nil {
			return err
		}
	}
	if s.document == "" {
		return nil
	}
	return writeInto(s.document, text.String())
}

// measurement is a part of all this.
type measurement func(settings) ([]*table, error)
