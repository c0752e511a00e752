package authority

import (
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
	// KeyFile is the name of the file below a data directory that holds the
	// key of all token hashes. Who restores a backup needs it.
	KeyFile = "authority.key"

	keyLength = 32 // bytes, as many as SHA-256 makes use of
)

// loadKey reads the key below dir, or makes one where there are no hashes yet
// that a new key would make worthless.
func loadKey(dir string, hashesExist bool) ([]byte, error) {
	key, err := os.ReadFile(filepath.Join(dir, KeyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && hashesExist:
		return nil, fmt.Errorf("%s is gone, and the tokens in %s are of no use without it: restore it from a backup", KeyFile, DatabaseFile)
	case errors.Is(err, fs.ErrNotExist):
		return makeKey(dir)
	case err != nil:
		return nil, err
	case len(key) != keyLength:
		return nil, fmt.Errorf("%s has %d bytes, a key has %d", KeyFile, len(key), keyLength)
	}
	return key, nil
}

// makeKey writes a random key that is either there as a whole or not at all,
// also after a power cut: no token may outlive its key.
func makeKey(dir string) ([]byte, error) {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // cannot fail: it ends the program instead
	if err := file.WriteOwn(dir, KeyFile, key, 0o600); err != nil {
		return nil, err
	}
	return key, nil
}

// lock waits until no other process prepares dir. The lock is on the directory
// itself and ends with the process, so it leaves nothing behind.
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
