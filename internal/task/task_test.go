package task

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRunReturnsWhatItsWorkReturns(t *testing.T) {
	failure := errors.New("no")
	got, err := Run(t.Context(), func(context.Context) (int, error) { return 7, failure })
	if got != 7 || !errors.Is(err, failure) {
		t.Errorf("%d, %v", got, err)
	}
}

func TestAPanicIsTheErrorOfTheRunThatItIsPartOf(t *testing.T) {
	explode := func() { panic("boom") }
	for name, work := range map[string]func(context.Context) (int, error){
		"the work itself": func(context.Context) (int, error) { explode(); return 0, nil },
		"another that it waits for in vain": func(ctx context.Context) (int, error) {
			Go(ctx, explode)
			select {}
		},
		"one of its own's own": func(ctx context.Context) (int, error) {
			Go(ctx, func() { Go(ctx, explode) })
			<-ctx.Done()
			return 0, nil
		},
		"one of a group": func(ctx context.Context) (int, error) {
			var both Group
			both.Go(ctx, func() {})
			both.Go(ctx, explode)
			both.Wait()
			<-ctx.Done()
			return 0, nil
		},
	} {
		_, err := Run(t.Context(), work)
		p, ok := errors.AsType[*Panic](err)
		if !ok || p.Value != "boom" || len(p.Stack) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARunEndsWithItsContextWhateverItsWorkWaitsFor(t *testing.T) {
	stop := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(time.Millisecond, func() { cancel(stop) })
	if _, err := Run(ctx, func(context.Context) (int, error) { select {} }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestAPanicOutsideARunIsIgnored(t *testing.T) {
	var one Group
	one.Go(t.Context(), func() { panic("boom") })
	one.Wait()
}
