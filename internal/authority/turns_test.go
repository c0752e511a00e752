package authority

import (
	"context"
	"errors"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

// Unknown tokens wait until a database was read as a whole. Known ones do not wait for them.
func TestStrangersTakeNoTurnOfOthers(t *testing.T) {
	f := newFixture(t, "")
	_, secret := f.token()
	f.store.verification.stop()
	f.store.verification = &verification{cancel: func() {}, ended: make(chan struct{})} // it goes on
	answered := make(chan error, 2*maxFinds)
	ctx, cancel := context.WithCancel(t.Context())
	for range cap(answered) {
		go func() {
			_, err := f.store.Judge(ctx, mint(Developer))
			answered <- err
		}()
	}
	for range 3 * maxFinds {
		began := time.Now()
		if token, err := f.store.Judge(t.Context(), secret); err != nil || token == nil {
			t.Fatalf("a known token is answered with %v, %v after %v", token, err, time.Since(began))
		}
	}
	cancel()
	for range cap(answered) {
		if err := <-answered; err == nil {
			t.Error("a token is unknown before the database was read")
		}
	}
	close(f.store.verification.ended)
	if token, err := f.store.Judge(t.Context(), credential.NewSecret("x")); err != nil || token != nil {
		t.Errorf("afterwards it is %v, %v", token, err)
	}
}

func TestATurnIsWaitedForAsLongAsTheContext(t *testing.T) {
	places := make(turns, 1)
	done, err := places.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := places.take(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a second one has %v", err)
	}
	done()
	if done, err = places.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	done()
}
