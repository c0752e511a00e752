package waiting

import (
	"context"
	"testing"
	"time"
)

// BenchmarkStart is what a good start costs: its notes, and none of them told.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		ctx, stop := Watch(b.Context(), func(string) {})
		bounded, cancel := context.WithTimeout(ctx, time.Minute)
		Until(bounded)
		for range 6 {
			For(bounded, func() string { return "a server" })()
		}
		cancel()
		stop()
	}
}
