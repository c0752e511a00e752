package testkit

import (
	"sync/atomic"
	"time"
)

// Clock is a clock that goes when told to. The zero Clock shows a moment of 2026.
type Clock struct{ ahead atomic.Int64 }

// Now is the time on the clock.
func (c *Clock) Now() time.Time {
	return time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC).Add(time.Duration(c.ahead.Load()))
}

// Advance puts the clock on, or back.
func (c *Clock) Advance(by time.Duration) { c.ahead.Add(int64(by)) }
