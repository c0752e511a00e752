// Package waiting tells what is being waited for. Whoever waits notes it in a context; who watches that
// context gets lines about it, the first soon, the next at growing intervals. Where nobody watches, a
// note costs nothing.
package waiting

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"localstack-entrypoint/internal/task"
)

const (
	// firstAfter is how long nothing is told: a start that takes less is no wait to anybody.
	firstAfter = 1500 * time.Millisecond
	// The intervals between lines double from firstInterval to maxInterval, so that a wait without end
	// cannot flood the log.
	firstInterval = 2500 * time.Millisecond
	maxInterval   = time.Minute
	// lateAfter is how long a wait takes before it is told in a line that was due when nothing was being
	// waited for.
	lateAfter = 100 * time.Millisecond
	// mostTold bounds how many waits a line names.
	mostTold = 4
)

// key is the context's key of its watch.
type key struct{}

// For notes that something is being waited for, until done is called: the innermost thing only, such as
// "the name server 192.0.2.1 to resolve example.com", for the caller's own callers note nothing of it. what is
// called when a line is due, never after done has returned, and must not block. Waits may run side by side.
func For(ctx context.Context, what func() string) (done func()) {
	w, watched := ctx.Value(key{}).(*watch)
	if !watched || w == nil {
		return func() {}
	}
	return w.begin(ctx, what)
}

// Retry notes why an attempt came to nothing, as "the connection to 192.0.2.1:443 was refused", and that
// another one follows. The lines tell it from then on, with the attempt's number, which begins with 1.
func Retry(ctx context.Context, attempt int, why string) {
	if w, watched := ctx.Value(key{}).(*watch); watched && w != nil {
		w.retry(ctx, attempt, why)
	}
}

// Until notes that ctx's deadline bounds everything that is waited for. The lines then tell how long it
// may still take.
func Until(ctx context.Context) {
	w, watched := ctx.Value(key{}).(*watch)
	if deadline, bounded := ctx.Deadline(); watched && w != nil && bounded {
		w.until(deadline)
	}
}

// Unwatched is ctx for work whose waits are not to be told.
func Unwatched(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, (*watch)(nil))
}

// Watch returns a context whose waits are told to say, one line at a time; after stop there is none. The
// time runs from the first note. say must not block.
func Watch(ctx context.Context, say func(line string)) (_ context.Context, stop func()) {
	w := &watch{say: say}
	return context.WithValue(ctx, key{}, w), w.stop
}

// watch is what is known of the waits in a context.
type watch struct {
	say func(line string)

	mu       sync.Mutex
	waits    []*wait // those that go on, in their order
	attempt  int     // the last that came to nothing
	why      string
	deadline time.Time     // of everything; zero if there is none
	began    time.Time     // the first note
	interval time.Duration // until the next line
	timer    *time.Timer   // for the next line; nil before the first note
	isDue    bool          // a line is, but there was nothing to tell
	stopped  bool
}

// wait is something that is being waited for.
type wait struct{ what func() string }

func (w *watch) begin(ctx context.Context, what func() string) (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start(ctx)
	one := &wait{what}
	w.waits = append(w.waits, one)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.waits = slices.DeleteFunc(w.waits, func(other *wait) bool { return other == one })
	}
}

func (w *watch) retry(ctx context.Context, attempt int, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start(ctx)
	w.attempt, w.why = attempt, why
}

func (w *watch) until(deadline time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = deadline
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// start has the time run, from the first note on. The timer needs no goroutine until it fires.
func (w *watch) start(ctx context.Context) {
	if w.isDue && !w.stopped {
		w.isDue = false
		w.timer.Reset(lateAfter)
	}
	if w.timer != nil || w.stopped {
		return
	}
	w.began, w.interval = time.Now(), firstInterval
	w.timer = time.AfterFunc(firstAfter, func() {
		_, _ = task.Guard(ctx, func() (any, error) { w.tell(); return nil, nil })
	})
}

// tell says what is being waited for, and has the timer set for the next line.
func (w *watch) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	line := w.line(time.Now())
	if line == "" {
		w.isDue = true
		return
	}
	w.timer.Reset(w.interval)
	w.interval = min(2*w.interval, maxInterval)
	w.say(discreet(line))
}

// line is as in "waiting for A and B (1.5 s so far, at most 13.5 s more)"; empty when there is nothing to
// tell.
func (w *watch) line(now time.Time) string {
	var parts []string
	if w.attempt > 0 {
		parts = append(parts, "attempt "+strconv.Itoa(w.attempt)+": "+w.why)
	}
	switch names := w.names(); {
	case len(names) > 0:
		parts = append(parts, "waiting for "+strings.Join(names, " and "))
	case w.attempt > 0:
		parts = append(parts, "trying again")
	default:
		return ""
	}
	times := seconds(now.Sub(w.began)) + " so far"
	if left := w.deadline.Sub(now); !w.deadline.IsZero() {
		times += ", at most " + seconds(max(left, 0)) + " more"
	}
	return strings.Join(parts, "; ") + " (" + times + ")"
}

// names are what is being waited for, each once.
func (w *watch) names() (names []string) {
	for _, one := range w.waits {
		if name := one.what(); !slices.Contains(names, name) && len(names) < mostTold {
			names = append(names, name)
		}
	}
	return names
}

// seconds is a duration as people read it: tenths of a second only while they matter.
func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.FormatFloat(d.Round(time.Second/10).Seconds(), 'f', -1, 64) + " s"
	}
	if d < 10*time.Minute {
		return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + " s"
	}
	return strconv.Itoa(int(d.Round(time.Minute)/time.Minute)) + " min"
}
