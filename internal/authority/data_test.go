package authority

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/postgres"
)

func TestTheDataDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data with ?#% in it")
	store, err := Open(t.Context(), Source{Dir: dir, Create: true})
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
			store, err := Open(t.Context(), Source{Dir: dir, Create: true})
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
	store, err := Open(t.Context(), Source{Dir: dir, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if tokens, err := store.Tokens(t.Context()); err != nil || len(tokens) != 8 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
}

func TestAnExistingDatabaseIsKept(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		token, text := f.token()
		f.must(f.store.Close())
		again, err := f.open().Judge(t.Context(), text)
		f.must(err)
		if again == nil || again.ID != token.ID || again.License.ID != token.License.ID {
			t.Errorf("the token was %+v and is %+v", token, again)
		}
	})
}

func TestAMissingOrDamagedKeyIsNotReplaced(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.token()
		f.must(f.store.Close())
		path := filepath.Join(f.source.Dir, keyFile)
		f.must(os.WriteFile(path, []byte("short"), 0o600))
		makeFIFO := func(path string) error { return syscall.Mkfifo(path, 0o600) }
		for _, next := range []struct {
			want string
			put  func(path string) error
		}{
			{"authority.key has 5 bytes", nil},
			{"cannot read authority.key: it is a FIFO", makeFIFO},
			{"authority.key is missing", nil},
		} {
			if next.put != nil {
				f.must(next.put(path))
			}
			if _, err := Open(t.Context(), f.source); err == nil || !strings.Contains(err.Error(), next.want) {
				t.Errorf("the error is %v, want %q in it", err, next.want)
			}
			_ = os.Remove(path)
		}
	})
}

func TestALostDatabaseIsNotReplaced(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"is missing or empty, but authority.key is here": os.Remove,
		"restore a backup (licenseserver restore DIR), or begin anew": func(path string) error {
			return os.Truncate(path, 0)
		},
		"authority.db has no tables": emptyDatabase,
		"file is not a database": func(path string) error {
			return os.WriteFile(path, []byte("damaged"), 0o600)
		},
	} {
		f := newFixture(t, "")
		f.token()
		f.must(f.store.Close())
		f.must(lose(filepath.Join(f.source.Dir, DatabaseFile)))
		if _, err := Open(t.Context(), f.source); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want %q in it", err, name)
		}
		f.must(os.Remove(filepath.Join(f.source.Dir, keyFile)))
		if name == "file is not a database" {
			continue
		}
		if store, err := Open(t.Context(), f.source); err != nil {
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
	db := connectSQLite(path, "FULL", time.Second, 1)
	_, err := db.Exec("PRAGMA user_version = 0; VACUUM")
	return errors.Join(err, db.Close())
}

func TestAFirstStartThatWasInterruptedGoesOn(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.must(f.store.Close())
		path := filepath.Join(f.source.Dir, keyFile)
		f.must(os.Rename(path, filepath.Join(f.source.Dir, newKeyFile))) // its last step undone
		f.must(f.open().Close())
	})
}

func TestADirectoryThatCannotBeUsedIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := "cannot open the data directory " + file
	if _, err := Open(t.Context(), Source{Dir: file, Create: true}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v", err)
	}
}
