package licensing

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is how often one token may ask: Requests at once, and then as many again
// spread over each Period. The zero Limit means no limit.
type Limit struct {
	Requests int
	Period   time.Duration
}

// UnmarshalText reads "0" for no limit, or N/PERIOD such as "600/1m" or "10/s". N is
// at least 1, PERIOD a duration of Go or one of its units.
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
		return errors.New("use N/PERIOD such as 600/1m, or 0 for no limit")
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

// limiters hold each token to a limit, by the token's ID. Only tokens that exist
// get one: strangers cannot make the map grow.
type limiters struct {
	limit Limit

	mu      sync.Mutex
	byToken map[string]*rate.Limiter
}

func newLimiters(limit Limit) *limiters {
	return &limiters{limit: limit, byToken: make(map[string]*rate.Limiter)}
}

// wait is how long a token must wait for its next request; 0 lets this one pass.
func (l *limiters) wait(id string, now time.Time) time.Duration {
	if l.limit.Requests == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.byToken[id]
	if limiter == nil {
		interval := rate.Every(l.limit.Period / time.Duration(l.limit.Requests))
		limiter = rate.NewLimiter(interval, l.limit.Requests)
		l.byToken[id] = limiter
	}
	reservation := limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // the request is refused, and costs nothing
	}
	return wait
}
