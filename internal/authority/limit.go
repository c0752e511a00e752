package authority

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limit is how often one token may ask: that many requests in a row, and as
// many again spread over each period. The zero Limit is none.
type Limit struct {
	Requests int
	Period   time.Duration
}

// UnmarshalText reads "0" for no limit, or N/PERIOD such as "600/1m" or
// "10/s": at least one request, in a duration of Go's or one of its units.
func (l *Limit) UnmarshalText(text []byte) error {
	if string(text) == "0" {
		*l = Limit{}
		return nil
	}
	count, length, _ := strings.Cut(string(text), "/")
	if length != "" && strings.Trim(length, "hms") == "" {
		length = "1" + length
	}
	requests, err := strconv.Atoi(count)
	period, periodErr := time.ParseDuration(length)
	if err != nil || periodErr != nil || requests < 1 || period <= 0 {
		return errors.New("a limit is 0 for none, or N/PERIOD such as 600/1m")
	}
	*l = Limit{Requests: requests, Period: period}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (l Limit) MarshalText() ([]byte, error) {
	if l.Requests == 0 {
		return []byte("0"), nil
	}
	return fmt.Appendf(nil, "%d/%s", l.Requests, l.Period), nil
}

// limiter holds each token to a limit. Of a token it remembers one moment, and
// only tokens that exist get that far: strangers cannot make it grow.
type limiter struct {
	limit Limit

	mu sync.Mutex
	// paid is the moment up to which a token's requests have used up its
	// share, by the token's ID. It runs ahead of the clock by at most a period.
	paid map[string]time.Time
}

func newLimiter(limit Limit) *limiter {
	return &limiter{limit: limit, paid: make(map[string]time.Time)}
}

// take lets a token's request pass and returns 0, or returns how long the
// token has to wait first.
func (l *limiter) take(id string, now time.Time) time.Duration {
	if l.limit.Requests == 0 {
		return 0
	}
	share := l.limit.Period / time.Duration(l.limit.Requests)
	l.mu.Lock()
	defer l.mu.Unlock()
	paid := l.paid[id]
	if paid.Before(now) {
		paid = now
	}
	next := paid.Add(share)
	if wait := next.Sub(now) - l.limit.Period; wait > 0 {
		return wait
	}
	l.paid[id] = next
	return 0
}
