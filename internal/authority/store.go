package authority

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // registers the database driver "sqlite"
)

// DatabaseFile is the name of the database below a data directory.
const DatabaseFile = "authority.db"

//go:embed migrations/*.sql
var migrations embed.FS

// Store keeps tokens and licenses on disk. Several Stores in several processes may
// use one data directory: nothing is cached, so that all see a change at once. A
// Store is safe for concurrent use.
type Store struct {
	// db syncs each change to the disk: a rotated token must not be valid again
	// after a power failure.
	db *sql.DB
	// reads looks up credentials. It is bounded, so that a database that does not answer
	// does not collect connections.
	reads *sql.DB
	notes *notes
	key   []byte
	now   func() time.Time

	// path and file are the database when it was opened: SQLite goes on with a file that
	// was deleted or replaced.
	path string
	file fs.FileInfo
}

const (
	// maxWait bounds an answer. Clients wait for 5 s (this project's) and 10 s (LocalStack's).
	maxWait = 2 * time.Second
	// noteWait is how long a note waits for another writer, before it is dropped.
	noteWait = time.Second
	// maxReads is more connections than reads that processors carry out at once.
	maxReads = 16
)

// Open opens the data directory dir and creates what is missing: the directory
// (mode 0700), the database and the key (0600), the tables. It does not create one of the
// two files where the other shows that it is lost. now is the authority's
// clock; nil means [time.Now]. The caller closes the Store.
func Open(ctx context.Context, dir string, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	store := &Store{now: now}
	if err := store.open(ctx, dir); err != nil {
		return nil, fmt.Errorf("cannot open the data directory %s: %w", dir, errors.Join(err, store.Close()))
	}
	return store, nil
}

// Close waits for the last notes, and closes the database.
func (s *Store) Close() error {
	var errs []error
	if s.notes != nil {
		errs = append(errs, s.notes.close())
	}
	for _, pool := range []*sql.DB{s.db, s.reads} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Store) open(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Two processes may find the directory empty at the same time.
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()

	if s.path, err = filepath.Abs(filepath.Join(dir, DatabaseFile)); err != nil {
		return err
	}
	hasKey := exists(filepath.Join(dir, keyFile))
	if hasKey && isMissing(s.path) {
		return errLost("is missing or empty")
	}
	if err := s.openDatabase(); err != nil {
		return err
	}
	if hasKey {
		if err := checkUsed(ctx, s.db); err != nil {
			return err
		}
	}
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := migrate(ctx, s.db, steps); err != nil {
		return err
	}
	// The key comes last: a key without tables then always means that they are lost.
	s.key, err = s.loadKey(ctx, dir)
	return err
}

// openDatabase opens the database, and creates it if need be.
func (s *Store) openDatabase() error {
	// SQLite gives its -wal and -shm files the mode of the database.
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	s.file, err = file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	// A writer holds the lock for one or two milliseconds.
	if s.db, err = connect(s.path, "FULL", 5*time.Second); err != nil {
		return err
	}
	if s.reads, err = connect(s.path, "NORMAL", maxWait); err != nil {
		return err
	}
	s.reads.SetMaxOpenConns(maxReads)
	s.reads.SetMaxIdleConns(maxReads)
	pool, err := connect(s.path, "NORMAL", noteWait)
	if err != nil {
		return err
	}
	s.notes = newNotes(pool)
	return nil
}

// connect returns a pool of connections to the existing database at path, which wait up
// to patience for other writers.
func connect(path, synchronous string, patience time.Duration) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"mode":          {"rw"}, // a database that is gone is not created again
		"_busy_timeout": {strconv.FormatInt(patience.Milliseconds(), 10)},
		"_journal_mode": {"WAL"}, // readers do not wait for the writer
		"_foreign_keys": {"on"},
		"_synchronous":  {synchronous},
		// A transaction that reads and then writes must not fail at its first write
		// because another process has written meanwhile.
		"_txlock": {"immediate"},
	}.Encode()}
	return sql.Open("sqlite", dsn.String())
}

// checkUsed returns an error if the database has no tables yet.
func checkUsed(ctx context.Context, db *sql.DB) error {
	var done int
	err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done)
	if err == nil && done == 0 {
		err = errLost("has no tables")
	}
	return err
}

// errLost says that the database is not the one of the key. An empty one in its place
// would refuse all tokens, and clients would delete the documents they have.
func errLost(how string) error {
	return fmt.Errorf("%s %s, but %s is here: restore both from a backup, or begin anew by removing %s",
		DatabaseFile, how, keyFile, keyFile)
}

// hash is what the store keeps of a token. Without the key, a guess cannot be
// checked against a copy of the database.
func (s *Store) hash(token string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(token))
	return mac.Sum(nil)
}

// inTx runs do in a transaction, and rolls it back if do fails.
func (s *Store) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// isMissing reports whether there is no content at path.
func isMissing(path string) bool {
	info, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
