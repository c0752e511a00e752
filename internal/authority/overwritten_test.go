package authority

import (
	"os"
	"path/filepath"
	"testing"

	"localstack-entrypoint/internal/credential"
)

// SQLite does not notice that another program overwrites its file, and has pages of the old content in memory. Nobody
// may be told then that there is no such token.
func TestNobodyIsUnknownInADatabaseThatIsOverwritten(t *testing.T) {
	t.Parallel()
	const tokens = 300
	f, other := newFixture(t, ""), newFixture(t, "")
	var known []credential.Secret
	for range tokens {
		_, secret := f.token()
		known = append(known, secret)
		other.token()
	}
	other.must(other.store.Close())
	content, err := os.ReadFile(filepath.Join(other.source.Dir, DatabaseFile))
	f.must(err)
	_, err = f.store.writes.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // as after some time without a change
	f.must(err)
	f.must(f.store.Ready(t.Context()))
	if token, err := f.store.Judge(t.Context(), mint(CI)); token != nil || err != nil {
		t.Fatalf("before, a stranger is %v, %v", token, err)
	}
	f.must(os.WriteFile(filepath.Join(f.source.Dir, DatabaseFile), content, 0o600))
	failed := 0
	for _, secret := range append(known, mint(CI)) {
		switch token, err := f.store.Judge(t.Context(), secret); {
		case err != nil:
			failed++
		case token == nil:
			t.Fatal("somebody is unknown")
		}
	}
	if failed == 0 {
		t.Error("nothing was read from the file")
	}
}
