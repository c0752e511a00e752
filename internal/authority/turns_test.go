package authority

import (
	"context"
	"errors"
	"runtime"
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

// However many pages wait for a database, activations get a connection.
func TestPagesTakeNoConnectionOfActivations(t *testing.T) {
	onTeam(t, func(team *team) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 2*maxReads)
		for range 2 * maxReads {
			go func() {
				_, err := readAs(ctx, team.as(team.anna), anyOf{own}, func(ctx context.Context, _ caller) (struct{}, error) {
					conn, err := team.store.reads.Conn(ctx)
					if err == nil {
						defer conn.Close()
						<-ctx.Done() // a read that takes long
					}
					return struct{}{}, ctx.Err()
				})
				ended <- err
			}()
		}
		turns, pool := team.store.pages, team.store.reads
		for deadline := time.Now().Add(maxWait); len(turns) < cap(turns) && pool.Stats().InUse < maxReads; {
			if time.Now().After(deadline) {
				t.Fatal("the reads do not begin")
			}
			runtime.Gosched()
		}
		for range 3 * maxFinds {
			if token, err := team.store.Judge(t.Context(), team.boSecret); err != nil || token == nil {
				t.Fatalf("a token is answered with %v, %v", token, err)
			}
		}
		cancel()
		for range 2 * maxReads {
			if err := <-ended; err == nil {
				t.Error("a read that does not end has succeeded")
			}
		}
	})
}
