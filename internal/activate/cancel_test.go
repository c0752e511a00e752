package activate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"localstack-entrypoint/internal/license"
)

var errStopped = errors.New("SIGTERM")

func TestCancellationReturnsItsCause(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, time.Second, 5*time.Second + time.Nanosecond} {
		for name, answer := range map[string]reply{
			"waiting for an answer": silence, "pausing": page(429, "", "Retry-After", "9"),
			"pausing after a timeout": fail(context.DeadlineExceeded),
		} {
			for _, onDisk := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, document %t, after %s", name, onDisk, after), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { canceled(t, answer, onDisk, after) })
				})
			}
		}
	}
}

// canceled runs an activation that is ended from outside after some time. One
// that ends by itself before that may say so.
func canceled(t *testing.T, answer reply, onDisk bool, after time.Duration) {
	s := newScene(t, answer)
	document := ""
	if onDisk {
		document = stored(nil)
		s.put(t, ownPath, document)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	if after == 0 {
		cancel(errStopped)
	} else {
		defer time.AfterFunc(after, func() { cancel(errStopped) }).Stop()
	}
	began := time.Now()
	err := s.Run(ctx)
	if elapsed := time.Since(began); elapsed > after {
		t.Errorf("went on for %s", elapsed-after)
	}
	if context.Cause(ctx) != nil && !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
	if got := s.get(t, ownPath); got != document {
		t.Errorf("our own document is now %q", got)
	}
}

func TestACancelledAnswerIsNoVerdict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := newScene(t, func(r *http.Request) (*http.Response, error) {
			cancel(errStopped)
			return refuse(403, license.MessageExpired)(r)
		})
		document := stored(nil)
		s.put(t, ownPath, document)
		if err := s.Run(ctx); !errors.Is(err, errStopped) || s.get(t, ownPath) != document {
			t.Errorf("%v, our own document is now %q", err, s.get(t, ownPath))
		}
	})
}
