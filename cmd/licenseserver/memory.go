package main

import (
	"math"
	"runtime/debug"
)

const (
	// A server without members' passwords to hash holds some 10 MiB. With the 100 % of Go it would collect garbage up to
	// 50 times a second under load.
	garbagePercent = 300
	// To hash two passwords takes 38 MiB. Beyond this limit, garbage is collected sooner.
	memoryLimit = 64 << 20 // bytes
)

// tuneMemory lets the server collect garbage less often, within a limit. GOGC and GOMEMLIMIT go before.
func tuneMemory() {
	if before := debug.SetGCPercent(garbagePercent); before != 100 {
		debug.SetGCPercent(before)
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
}
