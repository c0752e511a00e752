package supervise

import (
	"context"
	"time"
)

// Kills is how many processes the kernel has killed for lack of memory.
type Kills struct {
	// IsKnown is false where nobody counts them.
	IsKnown bool
	// Count is that of the container, or of more than that. IsOwn is whether it began with the container.
	Count uint64
	IsOwn bool
	// Limit says how much memory there is.
	Limit string
}

// note takes note of a look at the memory, and returns the limit if it has run out since the last one. The first
// one is of the time before the container where the count is not its own.
func (l *loop) note(now Kills) (limit string) {
	before := l.kills
	if !now.IsKnown || now.Count < before.Count { // an older look
		return ""
	}
	l.kills = now
	if now.Count > before.Count && (before.IsKnown || now.IsOwn) {
		return now.Limit
	}
	return ""
}

// memoryRanOut looks at the memory right now.
func (l *loop) memoryRanOut() (limit string) {
	if l.start.Memory == nil {
		return ""
	}
	return l.note(l.start.Memory())
}

// planLook has the memory looked at soon, and once for many processes that were killed.
func (l *loop) planLook() {
	const soon = 100 * time.Millisecond
	if l.lookTime.IsZero() {
		l.lookTime = time.Now().Add(soon)
	}
}

// lookAtMemory does so in the background, and tells what it finds. The command goes on: it was another process.
func (l *loop) lookAtMemory() {
	if l.start.Memory == nil || l.isLooking {
		return
	}
	l.isLooking = true
	l.background.run(func(context.Context) func() {
		kills := l.start.Memory()
		return func() {
			l.isLooking = false
			if limit := l.note(kills); limit != "" && l.state.phase == running {
				l.options.Warn(ranOut(limit))
			}
		}
	}, l.warnOf)
}
