package authority

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"localstack-entrypoint/internal/file"
)

const (
	// keyFile is the file in the data directory with the key of all token hashes.
	// A backup needs it, too.
	keyFile = "authority.key"

	keyLength = 32 // bytes, the size of a SHA-256 hash
)

// loadKey reads the key in dir. It makes one where there are no hashes yet, which
// a new key would make worthless.
func (s *Store) loadKey(ctx context.Context, dir string) ([]byte, error) {
	key, err := os.ReadFile(filepath.Join(dir, keyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		has, err := s.hasTokens(ctx)
		if err == nil && has {
			err = fmt.Errorf("%s is missing, and %s is useless without it: restore both from a backup",
				keyFile, DatabaseFile)
		}
		if err != nil {
			return nil, err
		}
		return makeKey(dir)
	case err != nil:
		return nil, err
	case len(key) != keyLength:
		return nil, fmt.Errorf("%s has %d bytes instead of %d", keyFile, len(key), keyLength)
	}
	return key, nil
}

// makeKey writes a random key atomically and durably: no token may outlive its key.
func makeKey(dir string) ([]byte, error) {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // cannot fail: it ends the program instead
	if err := file.WriteOwn(dir, keyFile, key, 0o600); err != nil {
		return nil, err
	}
	return key, nil
}

// lock waits until no other process prepares dir. The lock is on the directory
// itself, and the kernel releases it with the process.
func lock(dir string) (unlock func(), err error) {
	handle, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(handle.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = handle.Close()
		return nil, fmt.Errorf("cannot lock it: %w", err)
	}
	return func() { _ = handle.Close() }, nil
}
