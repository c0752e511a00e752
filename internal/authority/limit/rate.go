// Package limit bounds how often something may be asked for by one key: an address, an account, a token.
package limit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is how often one key may ask: Requests at once, and then as many again spread over each Period. The zero Rate
// means no limit.
type Rate struct {
	Requests int
	Period   time.Duration
}

// UnmarshalText reads "0" for no limit, or N/PERIOD such as "600/1m" or "10/s". N is at least 1, PERIOD a duration
// of Go or one of its units.
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "0" {
		*r = Rate{}
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
	*r = Rate{Requests: requests, Period: period}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) {
	if r.Requests == 0 {
		return []byte("0"), nil
	}
	return fmt.Appendf(nil, "%d/%s", r.Requests, r.Period), nil
}
