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
	// activations writes the times of activations, which may be lost: it does not wait
	// for the disk. Its single connection queues the writes of this process, which
	// would otherwise collide and be retried.
	activations *sql.DB
	key         []byte
	now         func() time.Time
}

// Open opens the data directory dir and creates what is missing: the directory
// (mode 0700), the key and the database (0600), the tables. now is the authority's
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

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{s.db, s.activations} {
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

	path, err := filepath.Abs(filepath.Join(dir, DatabaseFile))
	if err != nil {
		return err
	}
	if s.key, err = loadKey(dir, exists(path)); err != nil {
		return err
	}
	// SQLite gives its -wal and -shm files the mode of the database.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if s.db, err = connect(path, "FULL"); err != nil {
		return err
	}
	if s.activations, err = connect(path, "NORMAL"); err != nil {
		return err
	}
	s.activations.SetMaxOpenConns(1)
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrate(ctx, s.db, steps)
}

// connect returns a pool of connections to the database at path.
func connect(path, synchronous string) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_busy_timeout": {"5000"}, // milliseconds; a writer holds the lock for one or two
		"_journal_mode": {"WAL"},  // readers do not wait for the writer
		"_foreign_keys": {"on"},
		"_synchronous":  {synchronous},
		// A transaction that reads and then writes must not fail at its first write
		// because another process has written meanwhile.
		"_txlock": {"immediate"},
	}.Encode()}
	return sql.Open("sqlite", dsn.String())
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

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
