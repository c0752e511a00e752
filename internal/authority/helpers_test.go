package authority

import (
	"testing"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
)

// fixture is a store in a directory of its own.
type fixture struct {
	*testing.T
	source Source
	clock  testkit.Clock
	store  *Store
}

// newFixture makes an authority in an empty PostgreSQL database, or in SQLite if there is no URL of one. Tests run on
// both with [postgres.OnBoth].
func newFixture(t *testing.T, database string) *fixture {
	t.Helper()
	f := &fixture{T: t}
	f.source = Source{Dir: t.TempDir(), Database: database, Create: true, Now: f.clock.Now}
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
