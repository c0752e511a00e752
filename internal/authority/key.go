package authority

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"localstack-entrypoint/internal/file"
)

const (
	// keyFile is the file in the data directory with the key of all hashes. A backup needs it, too.
	keyFile = "authority.key"
	// newKeyFile has the key of a first start until the database knows it.
	newKeyFile = "authority.key.new"

	keyLength = 32 // bytes, the size of a SHA-256 hash

	// keyCheckText is what the database has the hash of, to know its key.
	keyCheckText = "license authority"
)

// readKey reads the key in dir; nil means that there is none.
func readKey(dir string) ([]byte, error) { return readKeyFile(dir, keyFile) }

func readKeyFile(dir, name string) ([]byte, error) {
	key, err := file.Read(filepath.Join(dir, name)) // never waits for a FIFO in its place
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	case len(key) != keyLength:
		return nil, fmt.Errorf("%s has %d bytes instead of %d", name, len(key), keyLength)
	}
	return key, nil
}

// settleKey returns the key of the database, and makes one for a new database. A new key would make the hashes that
// are there worthless.
func (s *Store) settleKey(ctx context.Context, dir string, key []byte) ([]byte, error) {
	recorded, err := keyCheck(ctx, s.writes)
	if err != nil {
		return nil, err
	}
	switch {
	case recorded == "" && key != nil:
		return nil, s.errLost("is empty")
	case recorded == "":
		return s.makeKey(ctx, dir)
	case key == nil:
		return s.finishKey(dir, recorded)
	case keyedHash(key, keyCheckText) != recorded:
		return nil, errOtherKey(s.name)
	}
	return key, nil
}

func errOtherKey(database string) error {
	return flaw{fmt.Sprintf("%s is not the key of %s", keyFile, database),
		"take both from one backup: licenseserver restore DIR --replace"}
}

// makeKey makes a random key, and records its check. The key is written durably before, because no hash may outlive
// its key, and gets its name after, because a key shows that there was a database.
func (s *Store) makeKey(ctx context.Context, dir string) ([]byte, error) {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // cannot fail: it ends the program instead
	if err := file.WriteOwn(dir, newKeyFile, key, 0o600); err != nil {
		return nil, err
	}
	check := keyedHash(key, keyCheckText)
	_, err := s.writes.ExecContext(ctx, `INSERT INTO authority (only_one, key_check, created_at) VALUES (1, $1, $2)
		ON CONFLICT DO NOTHING`, check, s.now().Unix())
	if err != nil {
		return nil, err
	}
	// Another process may have been faster.
	recorded, err := keyCheck(ctx, s.writes)
	if err != nil {
		return nil, err
	}
	return s.finishKey(dir, recorded)
}

// finishKey gives the key of a first start its name.
func (s *Store) finishKey(dir, recorded string) ([]byte, error) {
	key, err := readKeyFile(dir, newKeyFile)
	if err != nil {
		return nil, err
	}
	if key == nil || keyedHash(key, keyCheckText) != recorded {
		return nil, errNoKey(s.name)
	}
	if err := file.WriteOwn(dir, keyFile, key, 0o600); err != nil {
		return nil, err
	}
	return key, file.RemoveOwn(dir, newKeyFile)
}

// keyCheck is what the database records of its key; empty if there is nothing yet.
func keyCheck(ctx context.Context, from querier) (recorded string, err error) {
	err = from.QueryRowContext(ctx, "SELECT key_check FROM authority").Scan(&recorded)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return recorded, err
}
