package task

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var errSlow, errFast = errors.New("slow failure"), errors.New("fast failure")

// runner is a try that takes a time, notes when it began, and ends with its context.
type runner struct {
	takes time.Duration
	err   error
}

// run races runners and tells who won, the errors, and when each began.
func run(
	ctx context.Context, delay time.Duration, runners ...runner,
) (winner int, errs []error, begun []time.Duration) {
	start := time.Now()
	begun = slices.Repeat([]time.Duration{-1}, len(runners))
	winner, errs = Race(ctx, len(runners), delay, func(ctx context.Context, i int) (int, error) {
		begun[i] = time.Since(start)
		select {
		case <-time.After(runners[i].takes):
			return i, runners[i].err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	})
	return winner, errs, begun
}

func TestRaceBeginsTheNextAfterTheDelayOrAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s = time.Second
		winner, errs, begun := run(t.Context(), 2*s, runner{5 * s, errSlow}, runner{s, errFast}, runner{9 * s, nil},
			runner{s, nil})
		if winner != 3 || errs != nil {
			t.Errorf("winner %d, errors %v", winner, errs)
		}
		if want := []time.Duration{0, 2 * s, 3 * s, 5 * s}; !slices.Equal(begun, want) {
			t.Errorf("begun at %v, want %v", begun, want)
		}
	})
}

func TestRaceWithoutDelayBeginsAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		winner, errs, begun := run(t.Context(), 0, runner{3 * time.Second, nil}, runner{time.Second, nil},
			runner{time.Hour, errSlow})
		if winner != 1 || errs != nil || slices.Max(begun) != 0 {
			t.Errorf("winner %d, errors %v, begun at %v", winner, errs, begun)
		}
	})
}

func TestRaceReturnsEachTrysError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, errs, _ := run(t.Context(), 0, runner{3 * time.Second, errSlow}, runner{time.Second, errFast})
		if !slices.Equal(errs, []error{errSlow, errFast}) {
			t.Errorf("errors %v", errs)
		}
	})
}

func TestRaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, errs, begun := run(ctx, 2*time.Second, runner{time.Second, errFast}, runner{time.Hour, nil},
			runner{time.Hour, nil}, runner{time.Hour, nil})
		late := context.DeadlineExceeded
		if !slices.Equal(errs, []error{errFast, late, late, late}) {
			t.Errorf("errors %v", errs)
		}
		if begun[3] >= 0 {
			t.Errorf("begun at %v", begun)
		}
		if _, errs, begun = run(ctx, 0, runner{0, nil}); !slices.Equal(errs, []error{late}) || begun[0] >= 0 {
			t.Errorf("with a context that is over: errors %v, begun at %v", errs, begun)
		}
	})
}
