package authority

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit/postgres"
)

// What is said of rows that are lost names the database and the rows.
func TestAnErrorSaysWhatIsLost(t *testing.T) {
	for what, test := range map[string]struct{ lose, want string }{
		"the key's check": {"DELETE FROM authority", " is empty, but authority.key is here: restore a backup"},
		"licenses":        {"DELETE FROM licenses", " has lost its licenses: stop the server, and restore a backup"},
		"subscriptions": {"ALTER TABLE licenses DROP CONSTRAINT licenses_subscription_id_fkey; DELETE FROM subscriptions",
			"the subscription of license_"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, postgres.Database(t))
			token, _ := f.token()
			f.store.NoteActivation(&token, "", nil)
			f.store.Flush()
			_, err := f.store.writes.ExecContext(t.Context(), test.lose)
			f.must(err)
			store, err := Open(t.Context(), f.source)
			if err == nil {
				err = store.Ready(t.Context())
				f.must(store.Close())
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), DatabaseFile) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// SQLite would begin another log for each process.
func TestNobodyOpensADatabaseWhoseLogWasRemovedUnderAServer(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(openingVariable); dir != "" { // the other process
		_, err := Open(t.Context(), Source{Dir: dir})
		t.Fatal(err)
	}
	f := newFixture(t, "")
	token, _ := f.token()
	path := filepath.Join(f.source.Dir, DatabaseFile)
	f.must(errors.Join(os.Remove(path+"-wal"), os.Remove(path+"-shm")))
	var noteErr error
	f.store.NoteActivation(&token, "", func(err error) { noteErr = err })
	f.store.Flush()
	if noteErr == nil {
		t.Error("a note was written")
	}
	opening := exec.Command(os.Args[0], "-test.run=^TestNobodyOpens", "-test.v") // locks are those of a process
	opening.Env = append(os.Environ(), openingVariable+"="+f.source.Dir)
	if said, err := opening.CombinedOutput(); err == nil || !strings.Contains(string(said), "was removed or replaced") {
		t.Errorf("another process says %v: %s", err, said)
	}
}

const openingVariable = "TEST_OPENS_AUTHORITY"
