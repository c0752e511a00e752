package main

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/survey"
	"localstack-entrypoint/internal/testkit"
)

// newSight is a lookout at a port of this machine, in a start that may take so long.
func newSight(ctx context.Context, t *testing.T, most time.Duration, port int) *lookout {
	t.Helper()
	target, err := url.Parse(fmt.Sprintf("http://127.0.0.1:%d/v1", port))
	if err != nil {
		t.Fatal(err)
	}
	settings := connect.Settings{Root: layout.Root(t.TempDir())}
	l := newLookout(ctx, most, func() *survey.Survey { return survey.New(target, settings, "", license.ClockDiffers) })
	t.Cleanup(l.stop)
	return l
}

// awaitSight waits until a look has begun.
func awaitSight(t *testing.T, l *lookout) *sight {
	t.Helper()
	eventually(t, "a look", func() bool { return l.last() != nil })
	return l.last()
}

// stateOf is what became of a check; "" where it was not made.
func stateOf(checks []fault.Check, name string) fault.State {
	for _, check := range checks {
		if check.Name == name {
			return check.State
		}
	}
	return ""
}

func TestALookBesideTheLastAttemptExplains(t *testing.T) {
	t.Parallel()
	_, refused := testkit.Refuse(t, "127.0.0.1", 0)
	l := newSight(t.Context(), t, 300*time.Millisecond, refused)
	ended := l.begun()
	seen := awaitSight(t, l)
	<-seen.over
	ended()
	checks := l.explain(fault.New(fault.NetworkTimeout, "silence"))
	if stateOf(checks, "connection") != fault.Failed || len(checks) != len(seen.checks) || l.last() != seen {
		t.Errorf("%+v", checks)
	}
}

// What an earlier attempt has met may not be true any more.
func TestALookBesideAnEarlierAttemptDoesNotCount(t *testing.T) {
	t.Parallel()
	fd, port := testkit.Refuse(t, "127.0.0.1", 0)
	l := newSight(t.Context(), t, 300*time.Millisecond, port)
	ended := l.begun()
	<-awaitSight(t, l).over
	ended()
	if err := unix.Listen(fd, 10); err != nil { // it comes late
		t.Fatal(err)
	}
	l.begun()()
	answered := fault.New(fault.NetworkServerError, "status 503").With(fault.Facts{Answered: true})
	if checks := l.explain(answered); stateOf(checks, "connection") != fault.Passed {
		t.Errorf("%+v", checks)
	}
}

// An attempt that ends before has no look beside it.
func TestAnAttemptThatEndsAtOnceIsNotLookedAt(t *testing.T) {
	t.Parallel()
	_, refused := testkit.Refuse(t, "127.0.0.1", 0)
	l := newSight(t.Context(), t, 30*time.Millisecond, refused)
	l.begun()()
	<-time.After(100 * time.Millisecond)
	if l.last() != nil {
		t.Error("there is a look")
	}
}

// A look that is cut off tells only what it saw before, and ends at once.
func TestALookEndsWithItsTimeAndItsStart(t *testing.T) {
	t.Parallel()
	silent := testkit.Swallow(t, "127.0.0.1", 0)
	ctx, cancel := context.WithCancel(t.Context())
	for name, end := range map[string]func(*lookout) []fault.Check{
		"the failure has no time left": func(l *lookout) []fault.Check {
			return l.explain(fault.New(fault.NetworkTimeout, "silence"))
		},
		"another attempt begins": func(l *lookout) []fault.Check { l.begun()(); return nil },
		"it is a success":        func(l *lookout) []fault.Check { l.stop(); return nil },
		"the start is stopped":   func(*lookout) []fault.Check { cancel(); return nil },
	} {
		l := newSight(ctx, t, 30*time.Millisecond, silent)
		l.begun()
		seen, began := awaitSight(t, l), time.Now()
		checks := end(l)
		receive(t, name, seen.over)
		if took := time.Since(began); took > leastSurvey+noise || stateOf(checks, "connection") != "" {
			t.Errorf("%s: after %s %+v", name, took, checks)
		}
		if ctx.Err() != nil {
			ctx, cancel = context.WithCancel(t.Context())
		}
	}
	cancel()
}
