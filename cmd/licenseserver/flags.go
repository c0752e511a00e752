package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"localstack-entrypoint/internal/authority"
)

// termFlags defines the flags for what a license grants.
func termFlags(flags *pflag.FlagSet, terms *authority.Terms, expires *end) {
	flags.StringVar(&terms.Plan, "plan", "", "`plan` of the license, such as team (default for a new one: pro)")
	flags.StringVar(&terms.Product, "product", "", "`name` or shell-style pattern of the licensed product (default for a new one: localstack-pro)")
	flags.StringVar(&terms.Version, "version", "", "licensed version, `MAJOR.MINOR` or * (default for a new one: *)")
	flags.Var(expires, "expires", "end of the license: a duration such as 36h or 30d, or a `date` in UTC (default for a new one: in a year)")
}

// end is a flag for the moment at which a license ends.
type end struct {
	text string
	at   time.Time
}

// Set reads a duration from now, in Go's units or whole days (30d), a date, at
// whose beginning in UTC the license ends, or an RFC 3339 moment. All of them
// may be in the past, for trying out what happens then.
func (e *end) Set(text string) error {
	e.text = text
	days, isDays := strings.CutSuffix(text, "d")
	if count, err := strconv.Atoi(days); isDays && err == nil {
		e.at = time.Now().AddDate(0, 0, count)
		return nil
	}
	if duration, err := time.ParseDuration(text); err == nil {
		e.at = time.Now().Add(duration)
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			e.at = at
			return nil
		}
	}
	return errors.New("an end is a duration such as 36h or 30d, a date such as 2027-01-31, or an RFC 3339 moment")
}

// String is the text that was set.
func (e *end) String() string { return e.text }

// Type names the flag's type in the help.
func (*end) Type() string { return "date" }
