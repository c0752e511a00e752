package netcheck

import (
	"context"
	"time"
)

// race runs try(0), try(1), … try(n-1) until one succeeds. The next begins
// after delay, or as soon as a running one fails; with delay 0 all begin at
// once. It returns the first success, or every error in the order of arrival.
// It does not wait for the losers, whose context is cancelled.
func race[T any](ctx context.Context, n int, delay time.Duration, try func(context.Context, int) (T, error)) (T, []error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	results := make(chan result, n)
	begun := 0
	begin := func() {
		if begun < n {
			go func(i int) {
				value, err := try(ctx, i)
				results <- result{value, err}
			}(begun)
			begun++
		}
	}
	begin()
	for delay == 0 && begun < n {
		begin()
	}
	next := time.NewTicker(max(delay, time.Millisecond))
	defer next.Stop()
	var none T
	var errs []error
	for len(errs) < n {
		if begun == n {
			next.Stop()
		}
		select {
		case r := <-results:
			if r.err == nil {
				return r.value, nil
			}
			errs = append(errs, r.err)
			begin()
		case <-next.C:
			begin()
		case <-ctx.Done():
			return none, append(errs, ctx.Err())
		}
	}
	return none, errs
}
