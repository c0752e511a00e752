package authority

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// Store keeps members, licenses and tokens in a database. Several Stores in several processes may use one database:
// nothing is cached, so that all see a change at once. A Store is safe for concurrent use.
type Store struct {
	*database
	notes *notes
	find  *sql.Stmt // a token by its hash
	// turns are for tokens that are looked up, doubts for those that were not found: strangers take no turn of the others.
	turns, doubts turns
	// pages are for what pages show. They leave connections to activations, however many are asked for at once.
	pages     turns
	passwords Passwords
	tidier    tidier
	// verification is nil unless it was asked for.
	verification *verification
	key          []byte
	now          func() time.Time
}

// Source says where the state of an authority is.
type Source struct {
	// Dir is the data directory. It has the key, and the database unless that is PostgreSQL.
	Dir string
	// Database is the URL of a PostgreSQL database; empty means SQLite in Dir.
	Database string
	// Create makes what is missing. Without it, an authority that does not exist is [ErrNone].
	Create bool
	// Verify reads all of an SQLite database, also after Open has returned. It is for servers.
	Verify bool
	// Now is the authority's clock; nil means [time.Now].
	Now func() time.Time
	// Passwords hashes passwords; nil means argon2id, by a [password.Hasher]. Tests that hash many set another one.
	Passwords Passwords
}

// Passwords makes and checks hashes of passwords: see [password.Hasher].
type Passwords interface {
	Hash(ctx context.Context, typed credential.Secret) (string, error)
	Verify(ctx context.Context, hash string, typed credential.Secret) (password.Verdict, error)
}

// ErrNone says that there is no authority yet.
var ErrNone = errors.New("there is no authority")

// maxWait bounds an answer. Clients wait for 5 s (this project's) and 10 s (LocalStack's).
const maxWait = 2 * time.Second

// Open opens an authority. With Create it makes what is missing: the directory (mode 0700), the database and the key
// (0600), the tables. It does not create one of database and key where the other shows that it is lost. The caller
// closes the Store.
func Open(ctx context.Context, source Source) (*Store, error) {
	store := &Store{now: source.Now, passwords: source.Passwords}
	if store.now == nil {
		store.now = time.Now
	}
	if store.passwords == nil {
		store.passwords = password.New()
	}
	if err := store.open(ctx, source); err != nil {
		err = errors.Join(withRemedy(err), store.Close())
		return nil, fmt.Errorf("cannot open the data directory %s: %w", source.Dir, err)
	}
	return store, nil
}

// Close waits for the last notes, and closes the database.
func (s *Store) Close() error {
	if s.database == nil {
		return nil
	}
	if s.notes != nil {
		s.Flush()
	}
	if s.find != nil {
		_ = s.find.Close()
	}
	s.verification.stop()
	return s.close()
}

func (s *Store) open(ctx context.Context, source Source) error {
	if source.Create {
		if err := os.MkdirAll(source.Dir, 0o700); err != nil {
			return err
		}
	}
	// Two processes may find the directory empty at the same time.
	unlock, err := lockDirectory(ctx, source.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	key, err := readKey(source.Dir)
	if err != nil {
		return err
	}
	if source.Database != "" {
		s.database, err = openPostgres(source.Database)
	} else {
		s.database, err = openSQLite(source, key != nil)
	}
	if err != nil {
		return err
	}
	s.notes = newNotes(s.database)
	if err := s.migrate(ctx, source, key); err != nil {
		return err
	}
	if err := s.checkTables(ctx); err != nil {
		return err
	}
	if s.key, err = s.settleKey(ctx, source.Dir, key); err != nil {
		return err
	}
	if source.Verify && s.isSQLite() {
		if err := s.verify(); err != nil {
			return err
		}
	}
	if err := s.prepareFind(ctx); err != nil || !s.isSQLite() {
		return err
	}
	s.log, err = os.Stat(s.path + "-wal")
	return err
}

// Ready returns an error unless the database answers in time, is the one of the key, and can be read as an activation
// reads it.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	_, err := within(ctx, s.name, func() (struct{}, error) { return struct{}{}, s.readAnew(ctx) })
	return withRemedy(err)
}

// readAnew reads what an activation reads, from the file and not from pages in memory.
func (s *Store) readAnew(ctx context.Context) error {
	if err := cmp.Or(s.checkFile(), s.verification.result()); err != nil {
		return err
	}
	conn, err := s.reads.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := cmp.Or(s.forgetPages(ctx, conn), s.checkKey(ctx, conn)); err != nil {
		return err
	}
	if _, err := s.tokens(ctx, conn, "WHERE t.hash = $1", s.hash("")); err != nil { // the index
		return err
	}
	if _, err := s.tokens(ctx, conn, "ORDER BY t.id LIMIT 1"); err != nil { // the tables
		return err
	}
	return s.checkNothingLost(ctx, conn)
}

// check returns an error if the database is gone, or not the one of the key.
func (s *Store) check(ctx context.Context) error {
	if err := s.checkFile(); err != nil {
		return err
	}
	return s.checkKey(ctx, s.reads)
}

// checkKey returns an error if the database is not the one of the key.
func (s *Store) checkKey(ctx context.Context, from querier) error {
	recorded, err := keyCheck(ctx, from)
	switch {
	case err != nil:
		return err
	case recorded == "":
		return fmt.Errorf("%s is empty", s.name)
	case recorded != s.hash(keyCheckText):
		return fmt.Errorf("%s was made with another %s", s.name, keyFile)
	}
	return nil
}

// within returns what do returns, which reads, or an error when the context ends first. SQLite cannot be interrupted
// while it waits for a lock or a disk. What a broken connection to PostgreSQL prevents is done again.
func within[T any](ctx context.Context, database string, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	found := make(chan result, 1)
	go func() {
		value, err := do()
		for attempt := 1; isLost(err) && attempt < maxAttempts && ctx.Err() == nil; attempt++ {
			value, err = do()
		}
		found <- result{value, err}
	}()
	select {
	case got := <-found:
		return got.value, got.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("%s does not answer: %w", database, ctx.Err())
	}
}

// hash is what the store keeps of a secret, in hexadecimal digits. Without the key, a guess cannot be checked against a
// copy of the database.
func (s *Store) hash(secret string) string { return keyedHash(s.key, secret) }

func keyedHash(key []byte, secret string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil))
}

// lockWait is how long a process waits for another one that prepares the directory; a migration takes seconds.
const (
	lockWait  = 30 * time.Second
	lockPause = 10 * time.Millisecond
)

// lockDirectory waits until no other process prepares dir. The lock is on the directory
// itself, and the kernel releases it with the process.
func lockDirectory(ctx context.Context, dir string) (unlock func(), err error) {
	handle, err := os.Open(filepath.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	again := time.NewTicker(lockPause)
	defer again.Stop()
	for {
		err := unix.Flock(int(handle.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return func() { _ = handle.Close() }, nil
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", dir, err), handle.Close())
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			_ = handle.Close()
			return nil, fmt.Errorf("another process prepares %s, and does not end: %w", dir, ctx.Err())
		}
	}
}
