package activate

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
)

const (
	// The wait between attempts is drawn evenly between nothing and a bound
	// that doubles this often (full jitter), so that many containers do not
	// come back at once.
	firstPause = 500 * time.Millisecond
	doublings  = 3
)

// isRetryable reports whether the same request may succeed in a moment.
func isRetryable(err error) bool {
	failed, ok := fault.Find(err)
	switch {
	case !ok || errors.Is(err, resolve.ErrNoSuchName):
		return false
	case failed.ID == fault.NetworkRateLimited:
		return failed.RetryAfter > 0 // we do not know when else we may ask
	}
	return failed.Row().Retry
}

// seen is what an attempt met, as a phrase of its own: a server's answer has the server as its subject.
func (a *Activation) seen(err error) string {
	failed, _ := fault.Find(err)
	if answer, isAnswer := strings.CutPrefix(failed.Detail, "it "); isAnswer {
		return a.Config.Endpoint.Host + " " + answer
	}
	return failed.Detail
}

// pause waits before the next attempt. It reports false at once when the
// attempt would come too late.
func pause(ctx context.Context, attempt int, err error) bool {
	wait := rand.N(firstPause << min(attempt-1, doublings))
	if failed, ok := fault.Find(err); ok {
		wait += failed.RetryAfter
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	return sleep(ctx, wait) == nil
}

// sleep waits. The error is ctx's cause when that ends before.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
