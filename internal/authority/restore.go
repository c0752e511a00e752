package authority

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
)

// ErrExists says that a restore would replace an authority.
var ErrExists = errors.New("there is an authority already")

// sideFiles are those that SQLite keeps beside a database. Beside another database they would destroy it.
var sideFiles = []string{DatabaseFile + "-wal", DatabaseFile + "-shm", DatabaseFile + "-journal"}

const (
	restoringPrefix = ".restore-"
	replacedPrefix  = "replaced-"
)

// Restore puts the backup in dir into the data directory. What is replaced is kept in a directory of its own, aside;
// empty if there was nothing. Without replace, [ErrExists] is the error if there is an authority. The backup is
// checked first and left as it is. A crash leaves the old authority, the new one, or a key without its database, which
// no server starts with. For an authority on PostgreSQL, only the key is restored.
func Restore(ctx context.Context, source Source, dir string, replace bool) (aside string, err error) {
	if aside, err = restore(ctx, source, dir, replace); err != nil {
		return "", fmt.Errorf("cannot restore %s to %s: %w", dir, source.Dir, err)
	}
	return aside, nil
}

func restore(ctx context.Context, source Source, dir string, replace bool) (aside string, err error) {
	key, err := keyOfBackup(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(source.Dir); errors.Is(err, fs.ErrNotExist) {
		defer func() { _ = os.Remove(source.Dir) }() // if it is empty: nothing was restored
	}
	if err := os.MkdirAll(source.Dir, 0o700); err != nil {
		return "", err
	}
	unlock, err := lockDirectory(ctx, source.Dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	r := restoring{dir: source.Dir, hasDatabase: source.Database == ""}
	if err := r.mayReplace(key, replace); err != nil {
		return "", err
	}
	if err := r.copyBackup(ctx, dir, key); err != nil {
		return "", errors.Join(err, r.discard())
	}
	defer func() { err = errors.Join(err, r.discard()) }()
	if aside, err = r.keepAside(source.Now); err != nil {
		return "", err
	}
	return aside, r.putInPlace()
}

// keyOfBackup returns the key in the backup in dir.
func keyOfBackup(dir string) ([]byte, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no directory %s", dir)
	}
	key, err := readKey(dir)
	if err == nil && key == nil {
		err = fmt.Errorf("%s is not a backup: it has no %s", dir, keyFile)
	}
	return key, err
}

// restoring is a backup on its way into the data directory dir.
type restoring struct {
	dir string
	// hasDatabase is false for PostgreSQL.
	hasDatabase bool
	// copied is the directory with the copy of the backup.
	copied string
}

// mayReplace returns an error if there is an authority that must not be replaced.
func (r *restoring) mayReplace(key []byte, replace bool) error {
	database := filepath.Join(r.dir, DatabaseFile)
	if r.hasDatabase {
		if err := checkUnused(database); err != nil {
			return err
		}
	}
	if replace {
		return nil
	}
	if r.hasDatabase && !isMissing(database) {
		return ErrExists
	}
	if present, err := readKey(r.dir); err != nil || present != nil && string(present) != string(key) {
		return ErrExists
	}
	return nil
}

// checkUnused returns an error if a process has an SQLite database open: it would not notice the new one.
func checkUnused(database string) error {
	index, err := os.OpenFile(database+"-shm", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer index.Close()
	// Each connection holds a shared lock on this byte; see "The WAL-Index File" in SQLite's walformat.html.
	const deadManSwitch = 128
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: deadManSwitch, Len: 1}
	if err := unix.FcntlFlock(index.Fd(), unix.F_GETLK, &lock); err != nil {
		return err
	}
	switch {
	case lock.Type == unix.F_UNLCK:
		return nil
	case lock.Pid <= 0: // in another container
		return fmt.Errorf("another process has %s open: stop it first", database)
	}
	return fmt.Errorf("process %d has %s open: stop it first", lock.Pid, database)
}

// copyBackup copies the backup into the data directory, and checks the copy there: the backup stays as it is.
func (r *restoring) copyBackup(ctx context.Context, dir string, key []byte) (err error) {
	left, _ := filepath.Glob(filepath.Join(r.dir, restoringPrefix+"*"))
	for _, path := range left { // of a process that was killed: the data directory is locked
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	if r.copied, err = os.MkdirTemp(r.dir, restoringPrefix+"*"); err != nil {
		return err
	}
	if err := file.WriteOwn(r.copied, keyFile, key, 0o600); err != nil || !r.hasDatabase {
		return err
	}
	database := filepath.Join(dir, DatabaseFile)
	if isMissing(database) {
		return fmt.Errorf("%s is missing or empty", database)
	}
	// A copy of the data directory of a stopped server is a backup, too.
	for _, name := range append([]string{DatabaseFile}, sideFiles...) {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(r.copied, name)); err != nil {
			return err
		}
	}
	database = filepath.Join(r.copied, DatabaseFile)
	if err := foldSideFiles(ctx, database); err != nil {
		return err
	}
	return examineCopy(ctx, database, key)
}

func copyFile(from, to string) (err error) {
	source, err := os.Open(filepath.Clean(from))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(filepath.Clean(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

// foldSideFiles makes a database one file.
func foldSideFiles(ctx context.Context, database string) error {
	pool := connectSQLite(database, "FULL", writeWait, 1)
	_, err := pool.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	return errors.Join(err, pool.Close())
}

// keepAside gives all files of the present authority a second name, in a directory of their own.
func (r *restoring) keepAside(now func() time.Time) (aside string, err error) {
	if now == nil {
		now = time.Now
	}
	for _, name := range r.files() {
		if _, err := os.Lstat(filepath.Join(r.dir, name)); err != nil {
			continue
		}
		if aside == "" {
			pattern := replacedPrefix + now().UTC().Format("20060102T150405Z") + "-*"
			if aside, err = os.MkdirTemp(r.dir, pattern); err != nil {
				return "", err
			}
		}
		if err := os.Link(filepath.Join(r.dir, name), filepath.Join(aside, name)); err != nil {
			return "", err
		}
	}
	if aside == "" {
		return "", nil
	}
	return aside, syncDirectory(aside)
}

func (r *restoring) files() []string {
	files := []string{keyFile, newKeyFile}
	if r.hasDatabase {
		files = append(append(files, DatabaseFile), sideFiles...)
	}
	return files
}

// putInPlace replaces the authority. In each moment there is a key: without one, a server would begin anew. The old
// database goes before its side files, and the new one comes after they have gone.
func (r *restoring) putInPlace() error {
	if err := os.Rename(filepath.Join(r.copied, keyFile), filepath.Join(r.dir, keyFile)); err != nil {
		return err
	}
	remove := []string{newKeyFile}
	if r.hasDatabase {
		remove = append(append(remove, DatabaseFile), sideFiles...)
	}
	for _, name := range remove {
		if err := os.Remove(filepath.Join(r.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// In this order also after a power failure.
		if err := syncDirectory(r.dir); err != nil {
			return err
		}
	}
	if r.hasDatabase {
		err := os.Rename(filepath.Join(r.copied, DatabaseFile), filepath.Join(r.dir, DatabaseFile))
		if err != nil {
			return err
		}
	}
	return syncDirectory(r.dir)
}

// discard removes the copy.
func (r *restoring) discard() error {
	if r.copied == "" {
		return nil
	}
	return os.RemoveAll(r.copied)
}
