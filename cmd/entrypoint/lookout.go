package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/survey"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/waiting"
)

const (
	// lookAfter is how long an attempt takes before the survey begins beside it.
	lookAfter = time.Second
	// lookTimeout bounds that look.
	lookTimeout = 3500 * time.Millisecond
	// surveyTimeout bounds what finding out why costs a start that has failed, leastSurvey what it has in any case.
	surveyTimeout = 1200 * time.Millisecond
	leastSurvey   = 200 * time.Millisecond
)

// lookout looks at the network while an attempt still waits, so that the reason is known by the time that it fails. It
// sends no HTTP request: an answer may still come.
type lookout struct {
	ctx    context.Context
	survey func() *survey.Survey
	// most is how long the start may take from its first attempt on, end when that is over.
	most time.Duration
	end  time.Time

	mu sync.Mutex
	// attempts is how many have begun, sight the look beside the last; nil while that has not waited long enough.
	attempts int
	sight    *sight
}

// sight is a look that is under way, or over.
type sight struct {
	cancel context.CancelFunc
	over   chan struct{}
	checks []fault.Check // to be read when it is over
}

// newLookout returns a lookout for a start that may take so long from its first attempt on. The looks end with ctx.
func newLookout(ctx context.Context, most time.Duration, survey func() *survey.Survey) *lookout {
	return &lookout{ctx: waiting.Unwatched(ctx), survey: survey, most: most}
}

// begun is called when an attempt begins: what an earlier one has shown does not matter any more.
func (l *lookout) begun() (ended func()) {
	l.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.attempts == 0 {
		l.end = time.Now().Add(l.most)
	}
	l.attempts++
	attempt := l.attempts
	timer := time.AfterFunc(min(lookAfter, l.most/3), func() {
		_, _ = task.Guard(l.ctx, func() (any, error) { l.look(attempt); return nil, nil })
	})
	return func() { timer.Stop() }
}

// look runs the survey beside an attempt, if no later attempt has begun.
func (l *lookout) look(attempt int) {
	ctx, cancel := context.WithTimeout(l.ctx, lookTimeout)
	defer cancel()
	one := &sight{cancel: cancel, over: make(chan struct{})}
	defer close(one.over)
	l.mu.Lock()
	isLast := attempt == l.attempts
	if isLast {
		l.sight = one
	}
	l.mu.Unlock()
	if !isLast {
		return
	}
	l.survey().Look(ctx, survey.ToHandshake, func(check fault.Check) {
		if !errors.Is(ctx.Err(), context.Canceled) { // or it may say what is not true
			one.checks = append(one.checks, check)
		}
	})
}

// explain returns the checks of a survey: of the one beside the last attempt, or of a new one.
func (l *lookout) explain(failed *fault.Error) (checks []fault.Check) {
	left := surveyTimeout
	if !l.end.IsZero() {
		left = max(min(left, time.Until(l.end)), leastSurvey)
	}
	ctx, cancel := context.WithTimeout(l.ctx, left)
	defer cancel()
	// Of a certificate, only the server's clock may tell more, which takes a request.
	if one := l.last(); one != nil && failed.Row().Stage != fault.StageTLS {
		select {
		case <-one.over:
		case <-ctx.Done():
			one.cancel()
			<-one.over
		}
		return one.checks
	}
	reach := survey.ToRequest
	switch {
	case failed.Answered && failed.Row().Stage == fault.StageProxy:
		reach = survey.ToAddress // or the proxy would be asked again
	case failed.Answered:
		reach = survey.ToHandshake
	}
	l.survey().Look(ctx, reach, func(check fault.Check) { checks = append(checks, check) })
	return checks
}

func (l *lookout) last() *sight {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sight
}

// stop ends what is under way.
func (l *lookout) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sight != nil {
		l.sight.cancel()
		l.sight = nil
	}
}
