package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

// termFlags defines the flags for the terms of a license.
func termFlags(cmd *cobra.Command, terms *authority.Terms, expires *expiry) {
	flags := cmd.Flags()
	flags.StringVar(&terms.Plan, "plan", "", "`plan` of the license, such as team (if new: pro)")
	flags.StringVar(&terms.Product, "product", "",
		"licensed product, a `name` or shell-style pattern (if new: localstack-pro)")
	flags.StringVar(&terms.Version, "version", "", "licensed version, `MAJOR.MINOR` or * (if new: *)")
	flags.Var(expires, "expires", "expiry, a duration such as 36h or 30d, or a `date` in UTC (if new: in a year)")
}

// expiry is a flag for the time at which a license expires.
type expiry struct {
	text string
	at   time.Time
}

// mostDays are more than 8,000 years: with too many, the date would be any.
const mostDays = 3_000_000

// Set reads a duration from now in Go's units or in days (30d), a date, which means
// its beginning in UTC, or an RFC 3339 time. All may be in the past, for experiments.
func (e *expiry) Set(text string) error {
	e.text = text
	days, isDays := strings.CutSuffix(text, "d")
	if count, err := strconv.Atoi(days); isDays && err == nil && count >= -mostDays && count <= mostDays {
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
	return errors.New("use a duration such as 36h or 30d, a date such as 2027-01-31, or an RFC 3339 time")
}

// String returns the text that was set.
func (e *expiry) String() string { return e.text }

// Type names the flag's type in the help.
func (*expiry) Type() string { return "date" }
