package authority

import (
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

// clock is a clock that goes when told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// fixture is a store in a directory of its own.
type fixture struct {
	*testing.T
	source Source
	clock  *clock
	store  *Store
}

// newFixture makes an authority in an empty PostgreSQL database, or in SQLite if there is no URL of one. Tests run on
// both with [postgres.OnBoth].
func newFixture(t *testing.T, database string) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: newClock()}
	f.source = Source{Dir: t.TempDir(), Database: database, Create: true, Now: f.clock.now}
	f.store = f.open()
	return f
}

// open opens the fixture's authority, once more if need be.
func (f *fixture) open() *Store {
	f.Helper()
	store, err := Open(f.Context(), f.source)
	f.must(err)
	f.Cleanup(func() { f.must(store.Close()) })
	return store
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// token makes a developer's token with a license, and returns what is known
// of it and the token itself.
func (f *fixture) token() (Token, credential.Secret) {
	f.Helper()
	token, secret, err := f.store.CreateToken(f.Context(), NewToken{Kind: Developer})
	f.must(err)
	return token, secret
}
