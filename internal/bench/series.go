package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// series are measured values; where rounds are compared, one for each round.
type series []float64

// quantile is NaN when nothing was measured.
func (s series) quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func (s series) median() float64 { return s.quantile(0.5) }

// versus is the median of the rounds' own ratios: what disturbs a whole round
// disturbs both sides of its ratio.
func (s series) versus(base series) float64 {
	var ratios series
	for i := range min(len(s), len(base)) {
		ratios = append(ratios, s[i]/base[i])
	}
	return ratios.median()
}

// inRounds calls measure once per round for each of n contestants, in every
// round in another order.
func inRounds(rounds, n int, measure func(contestant int) error) error {
	for range rounds {
		for _, i := range rand.Perm(n) {
			if err := measure(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
