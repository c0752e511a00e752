package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// authorityProgram is our license authority, whose binary has a budget, too.
const authorityProgram = "licenseserver"

// Budgets of the license authority, with the load's own work on the same cores.
var (
	sqliteRate   = floor{3000, "/s"}
	postgresRate = floor{1500, "/s"}
	worstAnswer  = goal{budget: 50, unit: "ms"} // the 99th of 100, with 100 clients on SQLite
	loadedMemory = goal{budget: 80, unit: "MiB"}
	toListening  = goal{budget: 100, unit: "ms"}
)

// licensing is a server under the load of a number of clients.
type licensing struct {
	at      *authorityData
	clients int

	rates, p50, p99 series // of each round
	cpu             series // microseconds of the server for each answer
	peaks           series // MiB
	listening       series // milliseconds from the start to the line that says so
	failed          int    // answers that are no license
}

// authority measures activations with a number of clients, each with a connection of its own, which it keeps. Every
// measurement has a server of its own, in the same data.
func (s *stage) authority(set settings) ([]*table, error) {
	all, err := s.licensings(set)
	if err != nil {
		return nil, err
	}
	if err := inRounds(set.loadRounds, len(all), func(i int) error {
		if err := all[i].round(set.load); err != nil {
			return fmt.Errorf("measure %s with %d clients: %w", all[i].at.name(), all[i].clients, err)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	title := fmt.Sprintf("Activations by the license authority (rounds: %d of %g s)", set.loadRounds, set.load.Seconds())
	return []*table{licensingTable(title, all), listeningTable(all)}, nil
}

// licensings are our program's, and those of the other programs that the command line names.
func (s *stage) licensings(set settings) (all []*licensing, err error) {
	programs := []string{s.program(authorityProgram)}
	if set.onlyAuthority {
		programs = append(programs, set.others...)
	}
	for i, program := range programs {
		for _, database := range s.databases {
			url, err := database()
			if err != nil {
				return nil, fmt.Errorf("make a database: %w", err)
			}
			data := &authorityData{
				label: strings.TrimPrefix(program, s.bin+"/"), program: program, database: url,
				dir: filepath.Join(s.dir, fmt.Sprintf("licensing-%d-%t", i, url != "")),
			}
			if err := data.createTokens(set.tokens); err != nil {
				return nil, fmt.Errorf("create the tokens of %s: %w", data.name(), err)
			}
			for _, clients := range set.clients {
				all = append(all, &licensing{at: data, clients: clients})
			}
		}
	}
	return all, nil
}

// round starts a server, and asks it for a while.
func (l *licensing) round(during time.Duration) (err error) {
	server, err := l.at.serve()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	l.listening = append(l.listening, milliseconds(server.listening))
	before, err := cpuTime(server.pid())
	if err != nil {
		return err
	}
	took, failed, err := l.at.load(server.address, l.clients, during)
	if err != nil {
		return err
	}
	after, err := cpuTime(server.pid())
	if err != nil {
		return err
	}
	peak, err := server.peak()
	if err != nil {
		return err
	}
	l.rates = append(l.rates, float64(len(took))/during.Seconds())
	l.p50 = append(l.p50, took.median())
	l.p99 = append(l.p99, took.quantile(0.99))
	l.cpu = append(l.cpu, microseconds(after-before)/float64(len(took)))
	l.peaks = append(l.peaks, peak)
	l.failed += failed
	return nil
}

func licensingTable(title string, all []*licensing) *table {
	t := &table{
		title: title,
		header: []string{"", "clients", "per s", "budget", "p50 ms", "p99 ms", "budget", "CPU µs each",
			"peak RSS MiB", "budget", "no license"},
	}
	for _, l := range all {
		rate, p99, peak := l.rates.median(), l.p99.median(), l.peaks.quantile(1)
		slowest := goal{}
		if l.clients == 100 && l.at.database == "" {
			slowest = worstAnswer
		}
		t.add(l.at.name(), number(float64(l.clients), 0), number(rate, 0), l.at.rate().mustBe(rate),
			number(l.p50.median(), 1), number(p99, 1), slowest.mustBe(p99),
			number(l.cpu.median(), 0), number(peak, 1), loadedMemory.mustBe(peak), number(float64(l.failed), 0))
	}
	return t
}

func listeningTable(all []*licensing) *table {
	t := &table{
		title:  "Start of the license authority, until it listens",
		header: []string{"", "starts", "median ms", "p90 ms", "budget"},
	}
	var names []string
	starts := make(map[string]series)
	for _, l := range all {
		if starts[l.at.name()] == nil {
			names = append(names, l.at.name())
		}
		starts[l.at.name()] = append(starts[l.at.name()], l.listening...)
	}
	for _, name := range names {
		took := starts[name]
		t.add(name, number(float64(len(took)), 0), number(took.median(), 1), number(took.quantile(0.9), 1),
			toListening.mustBe(took.median()))
	}
	return t
}
