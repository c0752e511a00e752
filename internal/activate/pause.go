package activate

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/waiting"
)

const (
	// The wait between attempts is drawn evenly up to a bound that doubles from firstPause to maxPause (full
	// jitter), so that many containers do not come back at once. It is never less than minPause: a connection
	// that is refused costs nothing, and would be tried a thousand times a second.
	minPause   = 250 * time.Millisecond
	firstPause = 500 * time.Millisecond
	maxPause   = 2 * time.Second
	doublings  = 2
	// lastChance is the least time that an attempt is given. The last pause is cut for it, so that a network
	// is not missed that comes just before the end.
	lastChance = 500 * time.Millisecond
)

// isPassing reports whether the same request may succeed in a moment: the network or the server may be about
// to come up.
func isPassing(err error) bool {
	failed, ok := fault.Find(err)
	switch {
	case !ok || errors.Is(err, resolve.ErrNoSuchName):
		return false
	case failed.ID == fault.NetworkRateLimited:
		return failed.RetryAfter > 0 // we do not know when else we may ask
	case failed.ID == fault.NetworkUnreachable && failed.Answered: // by something that speaks no HTTP
		return false
	}
	return failed.Row().Retry || errors.Is(err, connect.ErrPassing)
}

// attempts are those of one activation to reach the server, and what is to be told of them.
type attempts struct {
	began  time.Time
	number int
	// tells is the most informative failure, and how informative it is: an answer of the server comes before
	// all others, a failure that only the timeout has caused comes last.
	tells *fault.Error
	much  int
	// last is that of the last attempt which had its time.
	last *fault.Error
}

// add takes the failure of an attempt; isCut is true of one that had less time than it should.
func (s *attempts) add(err error, isCut bool) {
	failed, ok := fault.Find(err)
	if !ok {
		return
	}
	much := 1
	switch {
	case isCut:
		much = 0
	case failed.Answered:
		much = 2
	}
	if much > 0 {
		s.last = failed
	}
	if s.tells == nil || much >= s.much || !isPassing(err) {
		s.tells, s.much = failed, much
	}
}

// failure is what the attempts came to, with all the time that they took.
func (s *attempts) failure() *fault.Error {
	facts := fault.Facts{}
	if s.last != nil && s.last.ID != s.tells.ID {
		facts.Remarks = []string{"most recently: " + s.last.Detail}
	}
	return waited(s.tells.With(facts), s.began, s.number)
}

// waited is a failure with what was waited for an answer, where anything was.
func waited(failed *fault.Error, began time.Time, attempts int) *fault.Error {
	took := time.Since(began)
	isTold := failed.ID == fault.NetworkTimeout || attempts > 1 || took >= time.Second
	if !isTold || !isPassing(failed) && failed.Row().Stage != fault.StageNames {
		return failed // what is definite was not waited for
	}
	return failed.With(fault.Facts{Waited: took, Attempts: attempts})
}

// seen is what an attempt met, as a phrase of its own: a server's answer has the server as its subject.
func (a *Activation) seen(err error) string {
	failed, _ := fault.Find(err)
	if answer, isAnswer := strings.CutPrefix(failed.Detail, "it "); isAnswer {
		return a.Config.Endpoint.Host + " " + answer
	}
	return failed.Detail
}

// pause waits before the next attempt. It reports false at once when the attempt would come too late.
func pause(ctx context.Context, attempt int, err error) bool {
	bound := min(firstPause<<min(attempt-1, doublings), maxPause)
	wait, least := minPause+rand.N(bound-minPause), time.Duration(0)
	if failed, ok := fault.Find(err); ok && failed.RetryAfter > 0 {
		least = failed.RetryAfter
		wait += least
		defer waiting.For(ctx, func() string { return "the time after which the server may be asked again" })()
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline) - lastChance
		if left <= least {
			return false
		}
		wait = min(wait, left)
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
