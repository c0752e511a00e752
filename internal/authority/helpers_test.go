package authority

import (
	"testing"

	"localstack-entrypoint/internal/credential"
)

// fixture is a store in a directory of its own.
type fixture struct {
	*testing.T
	dir   string
	store *Store
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t, dir: t.TempDir()}
	f.store = f.open()
	return f
}

// open opens the fixture's directory, once more if need be.
func (f *fixture) open() *Store {
	f.Helper()
	store, err := Open(f.Context(), Source{Dir: f.dir, Create: true})
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
