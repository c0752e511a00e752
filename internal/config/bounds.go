package config

import (
	"fmt"
	"time"
)

// bounds are those of a duration: what lies beyond them is a mistake, or would look like one of the network's.
type bounds struct {
	least, most time.Duration
	// orZero allows 0 as well, which means never.
	orZero bool
}

var (
	// waits are the limits of a wait for the network: a shorter one only blames the network for a time in which
	// nobody could answer.
	waits = &bounds{least: 10 * time.Millisecond, most: 24 * time.Hour}
	// limits are how long a program of the user's may take.
	limits = &bounds{least: 100 * time.Millisecond, most: 24 * time.Hour, orZero: true}
	// intervals are the pauses between runs of something that starts a process.
	intervals = &bounds{least: 100 * time.Millisecond, most: maxSeconds * time.Second, orZero: true}
)

// check returns what is wrong with a duration. What is none is not judged here.
func (b *bounds) check(value string) error {
	var span Seconds
	if b == nil || value == "" || span.Decode(value) != nil || b.allow(span.Duration()) {
		return nil
	}
	zero := ""
	if b.orZero {
		zero = "0, or "
	}
	return fmt.Errorf("is out of range; use %s%g to %.0f seconds", zero, b.least.Seconds(), b.most.Seconds())
}

func (b *bounds) allow(span time.Duration) bool {
	return span >= b.least && span <= b.most || b.orZero && span == 0
}
