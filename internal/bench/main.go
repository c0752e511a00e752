// Bench prints what a start costs beside tini, dumb-init and catatonit: the
// budgets of the design as a table. Every round runs each program once, in a
// random order, and a ratio is the median of the rounds' own ratios, so that a
// noisy machine disturbs all of them alike.
//
// Usage: go run ./internal/bench [-rounds N]
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
	"time"
)

// baseline is what the others are compared with.
const baseline = "tini -- true"

// contestant is a program whose whole run is timed.
type contestant struct {
	name   string
	argv   []string
	env    []string
	code   int     // the exit code that it must have
	budget float64 // times tini; 0 for none

	times  []time.Duration
	ratios []float64
}

func main() {
	rounds := flag.Int("rounds", 100, "how often each program is run")
	flag.Parse()
	if err := bench(*rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench: cannot", err)
		os.Exit(1)
	}
}

func bench(rounds int) error {
	stage, err := newStage()
	if err != nil {
		return err
	}
	defer stage.close()
	all := stage.contestants()
	for range rounds {
		if err := round(all); err != nil {
			return err
		}
	}
	printStarts(all, rounds)
	return stage.printSizes()
}

// round runs every contestant once.
func round(all []*contestant) error {
	var base time.Duration
	took := make([]time.Duration, len(all))
	for _, i := range rand.Perm(len(all)) {
		c := all[i]
		cmd := exec.Command(c.argv[0], c.argv[1:]...)
		cmd.Env = c.env
		began := time.Now()
		err := cmd.Run()
		took[i] = time.Since(began)
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != c.code {
			return fmt.Errorf("run %s: %w", c.name, err)
		}
		if c.name == baseline {
			base = took[i]
		}
	}
	for i, c := range all {
		c.times = append(c.times, took[i])
		if base > 0 {
			c.ratios = append(c.ratios, float64(took[i])/float64(base))
		}
	}
	return nil
}

func printStarts(all []*contestant, rounds int) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "start, %d rounds\tmedian ms\tp90 ms\t× tini\tbudget\t\n", rounds)
	for _, c := range all {
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%s\t\n", c.name,
			milliseconds(quantile(c.times, 0.5)), milliseconds(quantile(c.times, 0.9)), c.verdict())
	}
	table.Flush()
}

// verdict is the ratio to the baseline, and how that compares with the budget.
func (c *contestant) verdict() string {
	if len(c.ratios) == 0 {
		return "-\t"
	}
	ratio := quantile(c.ratios, 0.5)
	switch {
	case c.budget == 0:
		return fmt.Sprintf("%.2f\t", ratio)
	case ratio > c.budget:
		return fmt.Sprintf("%.2f\t≤ %.1f exceeded", ratio, c.budget)
	}
	return fmt.Sprintf("%.2f\t≤ %.1f met", ratio, c.budget)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func quantile[T ~int64 | ~float64](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
