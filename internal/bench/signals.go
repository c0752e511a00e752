package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// measured is a signal that every init only forwards.
	measured = unix.SIGUSR2
	// perRound is how often it is sent to an init in a round.
	perRound = 400
	// stopsPerRound is how many fresh inits are stopped in a round.
	stopsPerRound = 5
)

// pace is the pause before each signal, so that it finds an idle init.
var pace = unix.NsecToTimespec(int64(time.Millisecond))

// signalRow is what an init does to signals, in microseconds.
type signalRow struct {
	initProgram
	all     series // of all rounds
	medians series // of each round
	stops   series
}

// signals times the way of a signal through an init that is PID 1, and its
// end after SIGTERM.
func (s *stage) signals(set settings) ([]*table, error) {
	var rows []*signalRow
	for _, init := range append(s.inits(), direct) {
		rows = append(rows, &signalRow{initProgram: init})
	}
	err := inRounds(set.signalRounds, len(rows), func(i int) error { return rows[i].round() })
	if err != nil {
		return nil, err
	}
	return []*table{signalTable(rows, set.signalRounds)}, nil
}

func signalTable(rows []*signalRow, rounds int) *table {
	var tini series
	for _, r := range rows {
		if r.name == peerTini {
			tini = r.medians
		}
	}
	t := &table{
		title: fmt.Sprintf("Signals to PID 1, %d SIGUSR2 and %d SIGTERM in each round (rounds: %d)",
			perRound, stopsPerRound, rounds),
		header: []string{"", "p50 µs", "p99 µs", "× tini", "budget", "reach", "TERM to exit µs"},
	}
	for _, r := range rows {
		ratio, goals := r.medians.versus(tini), goal{}
		if r.name == entrypoint {
			goals = goal{1.3, 1.05, "×"}
		}
		cells := []string{r.name, number(r.all.median(), 1), number(r.all.quantile(0.99), 0), number(ratio, 2)}
		cells = append(cells, goals.cells(ratio)...)
		t.add(append(cells, number(r.stops.median(), 0))...)
	}
	return t
}

func (r *signalRow) round() error {
	forwards, err := r.forwards()
	if err != nil {
		return fmt.Errorf("signal %s: %w", r.name, err)
	}
	r.all, r.medians = append(r.all, forwards...), append(r.medians, forwards.median())
	for range stopsPerRound {
		took, err := r.stop()
		if err != nil {
			return fmt.Errorf("stop %s: %w", r.name, err)
		}
		r.stops = append(r.stops, microseconds(took))
	}
	return nil
}

// forwards sends signals to a fresh init, one after the other, and returns how
// long each took to arrive at the command.
func (r *signalRow) forwards() (took series, err error) {
	c, err := r.contain(ourselves(), roleReceiver)
	if err != nil {
		return nil, err
	}
	defer c.close()
	report := make([]byte, reportSize)
	if _, err := io.ReadFull(c.stdout, report); err != nil {
		return nil, fmt.Errorf("wait for the receiver: %w", err)
	}
	for range perRound {
		_ = unix.Nanosleep(&pace, nil)
		sent := monotonic()
		if err := unix.Kill(c.pid(), measured); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(c.stdout, report); err != nil {
			return nil, fmt.Errorf("wait for a report: %w", err)
		}
		arrived := int64(binary.NativeEndian.Uint64(report))
		took = append(took, microseconds(time.Duration(arrived-sent)))
	}
	return took, nil
}

// stop times a fresh init from SIGTERM, which its command dies of at once,
// until we are told that it has ended.
func (r *signalRow) stop() (time.Duration, error) {
	c, err := r.containSleep()
	if err != nil {
		return 0, err
	}
	defer c.close()
	_ = unix.Nanosleep(&pace, nil)
	began := time.Now()
	if err := unix.Kill(c.pid(), unix.SIGTERM); err != nil {
		return 0, err
	}
	_ = c.cmd.Wait()
	return time.Since(began), nil
}
