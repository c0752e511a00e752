package authority

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func TestTheDataDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data with ?#% in it")
	store, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, _, err := store.CreateToken(t.Context(), NewToken{Kind: CI}); err != nil {
		t.Fatal(err)
	}
	names := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %s", path, info.Mode())
		}
		names++
		return err
	})
	if err != nil || names < 5 { // the directory, the key, the database, its -wal and -shm
		t.Errorf("%d names, %v", names, err)
	}
}

func TestManyMayOpenAnEmptyDirectoryAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var openers sync.WaitGroup
	for range 8 {
		openers.Go(func() {
			store, err := Open(t.Context(), dir, nil)
			if err != nil {
				t.Error(err)
				return
			}
			_, secret, err := store.CreateToken(t.Context(), NewToken{Kind: CI})
			if err == nil {
				var known *Token
				if known, err = store.byCredential(t.Context(), secret.Reveal()); known == nil {
					t.Error("another key is in use")
				}
			}
			if err := errors.Join(err, store.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	openers.Wait()
	store, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if tokens, err := store.Tokens(t.Context()); err != nil || len(tokens) != 8 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
}

func TestAnExistingDatabaseIsKept(t *testing.T) {
	f := newFixture(t, Options{})
	token, text := f.token()
	f.must(f.store.Close())
	f.handler = New(f.open(), Options{})
	if document := f.document(requestPath, asking(text)); document.ID != token.License.ID {
		t.Errorf("the license was %s and is %s", token.License.ID, document.ID)
	}
}

func TestMigrationsRunOnceInOrderAndAllOrNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), DatabaseFile)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, "FULL", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first := fstest.MapFS{"0001_a.sql": {Data: []byte("CREATE TABLE a (x); INSERT INTO a VALUES (1);")}}
	second := fstest.MapFS{
		"0001_a.sql": first["0001_a.sql"],
		"0002_b.sql": {Data: []byte("ALTER TABLE a ADD COLUMN y DEFAULT 2;")},
	}
	broken := fstest.MapFS{
		"0001_a.sql": first["0001_a.sql"],
		"0002_b.sql": second["0002_b.sql"],
		"0003_c.sql": {Data: []byte("INSERT INTO a VALUES (3, 3);")},
		"0004_d.sql": {Data: []byte("CREATE TABLE a (x);")},
	}
	for _, steps := range []fstest.MapFS{first, first, second, second} {
		if err := migrate(t.Context(), db, steps); err != nil {
			t.Fatal(err)
		}
	}
	if err := migrate(t.Context(), db, broken); err == nil || !strings.Contains(err.Error(), "0004_d.sql") {
		t.Errorf("the error is %v, want the migration's name in it", err)
	}
	wantRow(t, db, "SELECT count(*), max(y) FROM a", 1, 2)
	err = migrate(t.Context(), db, first)
	if err == nil || !strings.Contains(err.Error(), "is newer than the supported version") {
		t.Errorf("the error for a newer database is %v", err)
	}
	wantRow(t, db, "SELECT 0, user_version FROM pragma_user_version", 0, 2)
}

func wantRow(t *testing.T, db *sql.DB, query string, wantA, wantB int) {
	t.Helper()
	var a, b int
	if err := db.QueryRowContext(t.Context(), query).Scan(&a, &b); err != nil || a != wantA || b != wantB {
		t.Errorf("%s: %d, %d, %v; want %d, %d", query, a, b, err, wantA, wantB)
	}
}

func TestAMissingOrDamagedKeyIsNotReplaced(t *testing.T) {
	f := newFixture(t, Options{})
	f.token()
	f.must(f.store.Close())
	path := filepath.Join(f.dir, keyFile)
	f.must(os.WriteFile(path, []byte("short"), 0o600))
	for _, want := range []string{"authority.key has 5 bytes", "authority.key is missing"} {
		if _, err := Open(t.Context(), f.dir, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
		_ = os.Remove(path)
	}
}

func TestALostDatabaseIsNotReplaced(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"is missing or empty, but authority.key is here": os.Remove,
		"restore both from a backup, or begin anew":      func(path string) error { return os.Truncate(path, 0) },
		"authority.db has no tables":                     emptyDatabase,
		"file is not a database": func(path string) error {
			return os.WriteFile(path, []byte("damaged"), 0o600)
		},
	} {
		f := newFixture(t, Options{})
		f.token()
		f.must(f.store.Close())
		f.must(lose(filepath.Join(f.dir, DatabaseFile)))
		if _, err := Open(t.Context(), f.dir, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want %q in it", err, name)
		}
		f.must(os.Remove(filepath.Join(f.dir, keyFile)))
		if name == "file is not a database" {
			continue
		}
		if store, err := Open(t.Context(), f.dir, nil); err != nil {
			t.Errorf("%q: cannot begin anew: %v", name, err)
		} else {
			f.must(store.Close())
		}
	}
}

// emptyDatabase replaces the database at path with one that has no tables.
func emptyDatabase(path string) error {
	if err := os.Truncate(path, 0); err != nil {
		return err
	}
	db, err := connect(path, "FULL", time.Second)
	if err != nil {
		return err
	}
	_, err = db.Exec("PRAGMA user_version = 0; VACUUM")
	return errors.Join(err, db.Close())
}

func TestAFirstStartThatWasInterruptedGoesOn(t *testing.T) {
	f := newFixture(t, Options{})
	f.must(f.store.Close())
	f.must(os.Remove(filepath.Join(f.dir, keyFile))) // the last file that a first start makes
	f.handler = New(f.open(), Options{})
	f.must(f.store.Close())
}

func TestADirectoryThatCannotBeUsedIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := "cannot open the data directory " + file
	if _, err := Open(t.Context(), file, nil); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v", err)
	}
}
