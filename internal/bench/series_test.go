package main

import (
	"math"
	"slices"
	"testing"
)

func TestQuantile(t *testing.T) {
	for _, test := range []struct {
		values series
		q      float64
		want   float64
	}{
		{series{7}, 0.5, 7},
		{series{3, 1, 2}, 0.5, 2},
		{series{3, 1, 2}, 0.99, 3},
		{series{3, 1, 2}, 1, 3},
	} {
		if got := test.values.quantile(test.q); got != test.want {
			t.Errorf("quantile %v of %v is %v, want %v", test.q, test.values, got, test.want)
		}
	}
	if got := (series{}).median(); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestARatioIsTheMedianOfTheRoundsOwn(t *testing.T) {
	quiet, disturbed := series{2, 20, 2}, series{1, 10, 1}
	if got := quiet.versus(disturbed); got != 2 {
		t.Errorf("ratio %v, want 2: the second round was disturbed as a whole", got)
	}
	if got := quiet.versus(nil); !math.IsNaN(got) {
		t.Errorf("ratio %v to a peer that is not installed", got)
	}
}

func TestEveryRoundMeasuresEachOnce(t *testing.T) {
	var order []int
	const rounds, n = 20, 4
	_ = inRounds(rounds, n, func(i int) error {
		order = append(order, i)
		return nil
	})
	if len(order) != rounds*n {
		t.Fatalf("%d measurements, want %d", len(order), rounds*n)
	}
	for round := range slices.Chunk(order, n) {
		slices.Sort(round)
		if !slices.Equal(round, []int{0, 1, 2, 3}) {
			t.Errorf("a round measured %v", round)
		}
	}
}
