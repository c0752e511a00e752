package licensing

import (
	"testing"
	"time"
)

func TestLimitsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]Limit{
		"0":      {},
		"600/1m": {600, time.Minute},
		"10/s":   {10, time.Second},
		"5/90s":  {5, 90 * time.Second},
		"1/h":    {1, time.Hour},
	} {
		var got, again Limit
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
		written, err := got.MarshalText()
		if err != nil || again.UnmarshalText(written) != nil || again != want {
			t.Errorf("%q is written as %q, %v", text, written, err)
		}
	}
	for _, text := range []string{"", "5", "5/", "/m", "-1/m", "0/m", "5/0s", "5/-1m", "5/day", "x/m"} {
		if err := new(Limit).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
