package main

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzExpiry reads any text: a number of days is in the direction of its sign.
func FuzzExpiry(f *testing.F) {
	for _, text := range []string{
		"36h", "30d", "-1d", "2027-01-31", "2027-01-31T12:00:00+02:00", "9223372036854775807d", "1e9h", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var e expiry
		if e.Set(text) != nil {
			return
		}
		if e.String() != text {
			t.Errorf("%q is shown as %q", text, e.String())
		}
		days, isDays := strings.CutSuffix(text, "d")
		count, err := strconv.Atoi(days)
		if !isDays || err != nil {
			return
		}
		if ahead := time.Until(e.at) > time.Hour; ahead != (count > 0) {
			t.Errorf("%q is %s", text, e.at)
		}
	})
}
