package supervise

import (
	"context"
	"time"
)

// Kills is how many processes the kernel has killed for lack of memory.
type Kills struct {
	// IsKnown is false if there is no counter.
	IsKnown bool
	// Count is the kernel's counter. IsOwn is true if it counts only processes of this container, and so began at 0.
	Count uint64
	IsOwn bool
	// Limit is the memory limit, as text for a line of the log.
	Limit string
}

// note stores a reading of the counter, and returns the limit if memory has run out since the last reading. If the
// counter is not the container's own, the first reading only says what happened before the container.
func (l *loop) note(now Kills) (limit string) {
	before := l.kills
	if !now.IsKnown || now.Count < before.Count { // an older reading
		return ""
	}
	l.kills = now
	if now.Count > before.Count && (before.IsKnown || now.IsOwn) {
		return now.Limit
	}
	return ""
}

// memoryRanOut reads the counter now, and returns the limit if memory has run out since the last reading, else "".
func (l *loop) memoryRanOut() (limit string) {
	if l.start.Memory == nil {
		return ""
	}
	return l.note(l.start.Memory())
}

// planLook plans a reading of the counter soon: one for many processes that are killed at the same time.
func (l *loop) planLook() {
	const soon = 100 * time.Millisecond
	if l.lookTime.IsZero() {
		l.lookTime = time.Now().Add(soon)
	}
}

// lookAtMemory reads the counter in the background, and logs a kill. The command still runs, so the kernel has killed
// another process.
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
