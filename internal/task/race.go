package task

import (
	"context"
	"time"
)

// Race runs try(0), try(1), … try(n-1) until one succeeds. The next begins
// after delay, or as soon as a running one fails; with delay 0 all begin at
// once. It returns the first success, or the error of each try.
//
// The losers' context is canceled and Race waits for them, so that nothing of
// a race outlives it: a try must end soon after its context. A second success
// is lost.
func Race[T any](
	ctx context.Context, n int, delay time.Duration, try func(context.Context, int) (T, error),
) (winner T, errs []error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		i     int
		value T
		err   error
	}
	results := make(chan result, n)
	next := time.NewTimer(0)
	defer next.Stop()
	errs = make([]error, n)
	begun, ended, won := 0, 0, false
	for ended < begun || begun < n && ctx.Err() == nil {
		select {
		case <-next.C:
			if begun == n || ctx.Err() != nil {
				continue
			}
			i := begun
			Go(ctx, func() {
				value, err := try(ctx, i)
				results <- result{i, value, err}
			})
			begun++
			next.Reset(delay)
		case r := <-results:
			ended++
			switch {
			case r.err != nil:
				errs[r.i] = r.err
				next.Reset(0)
			case !won:
				winner, won = r.value, true
				cancel()
			}
		}
	}
	if won {
		return winner, nil
	}
	for i := begun; i < n; i++ {
		errs[i] = ctx.Err()
	}
	return winner, errs
}
