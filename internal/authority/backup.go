package authority

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
)

// Backup copies an authority to the directory dir, which must be new or empty, also while other processes change
// it: the copy has what was committed before Backup began. It is complete, on the disk and checked when dir has its
// name. Of an authority on PostgreSQL it copies the key only; see [DumpCommand].
func Backup(ctx context.Context, source Source, dir string) error {
	if err := backUp(ctx, source, dir); err != nil {
		return fmt.Errorf("cannot back up %s to %s: %w", source.Dir, dir, err)
	}
	return nil
}

func backUp(ctx context.Context, source Source, dir string) (err error) {
	key, from, err := openForBackup(ctx, source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	to, err := stage(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.discard()) }()
	if from.isSQLite() {
		if err := copyDatabase(ctx, from, filepath.Join(to.path, DatabaseFile), key); err != nil {
			return err
		}
	}
	if err := file.WriteOwn(to.path, keyFile, key, 0o600); err != nil {
		return err
	}
	return to.commit()
}

// openForBackup opens the database as it is: a backup of an older schema keeps that.
func openForBackup(ctx context.Context, source Source) ([]byte, *database, error) {
	unlock, err := lockDirectory(ctx, source.Dir)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	key, err := readKey(source.Dir)
	if err != nil {
		return nil, nil, err
	}
	source.Create = false
	var from *database
	if source.Database != "" {
		from, err = openPostgres(source.Database)
	} else {
		from, err = openSQLite(source, key != nil)
	}
	if err != nil {
		return nil, nil, err
	}
	if key == nil {
		err = errNoKey(from.name)
	} else if !from.isSQLite() { // a copy of SQLite is checked as a whole
		err = from.fitsKey(ctx, key)
	}
	if err != nil {
		return nil, nil, errors.Join(err, from.close())
	}
	return key, from, nil
}

// copyDatabase writes a copy of an SQLite database to path, and checks it.
func copyDatabase(ctx context.Context, from *database, path string, key []byte) error {
	// SQLite keeps the mode of an empty file.
	made, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer made.Close()
	// A read transaction: writers go on.
	if _, err := from.reads.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return err
	}
	if err := made.Sync(); err != nil { // SQLite leaves that to its caller
		return err
	}
	return examineCopy(ctx, path, key)
}

// examineCopy returns an error unless the SQLite database at path is whole, fits the key, and has a schema that this
// program knows.
func examineCopy(ctx context.Context, path string, key []byte) (err error) {
	copied := inspectSQLite(path)
	defer func() { err = errors.Join(err, copied.close()) }()
	flaws, err := copied.integrity(ctx)
	if err == nil && len(flaws) > 0 {
		err = fmt.Errorf("it is damaged: %s", flaws[0])
	}
	if err != nil {
		return err
	}
	if err := copied.checkSchema(ctx); err != nil {
		return err
	}
	if err := copied.checkTables(ctx); err != nil {
		return err
	}
	return copied.fitsKey(ctx, key)
}

// staging is a directory that gets its name when it is complete.
type staging struct {
	path, target string
	lock         *os.File
}

const stagingSuffix = ".tmp"

// stage makes a directory beside target, and removes those of processes that were killed.
func stage(target string) (*staging, error) {
	target, err := filepath.Abs(target)
	if err != nil {
		return nil, err
	}
	switch entries, err := os.ReadDir(target); {
	case err == nil && len(entries) > 0:
		return nil, fmt.Errorf("%s is not empty: name a directory that does not exist yet", target)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	parent, name := filepath.Dir(target), filepath.Base(target)
	if _, err := os.Stat(parent); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no directory %s: create it first", parent)
	}
	sweepStaging(parent, "."+name+".")
	// The name ends in random digits.
	path, err := os.MkdirTemp(parent, "."+name+".*"+stagingSuffix)
	if err != nil {
		return nil, err
	}
	s := &staging{path: path, target: target}
	if s.lock, err = os.Open(path); err == nil {
		err = unix.Flock(int(s.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return nil, errors.Join(err, s.discard())
	}
	return s, nil
}

// sweepStaging removes what killed processes have left: nobody holds its lock.
func sweepStaging(parent, prefix string) {
	left, _ := filepath.Glob(filepath.Join(parent, prefix+"[0-9]*"+stagingSuffix))
	for _, path := range left {
		handle, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(handle.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		handle.Close()
	}
}

// commit gives the directory its name.
func (s *staging) commit() error {
	if err := s.lock.Sync(); err != nil {
		return err
	}
	switch err := unix.Rename(s.path, s.target); {
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EXDEV):
		return fmt.Errorf("%s is a mount: name a directory in it that does not exist yet", s.target)
	case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EEXIST):
		return fmt.Errorf("%s is no longer empty: name a directory that does not exist yet", s.target)
	case err != nil:
		return &os.LinkError{Op: "rename", Old: s.path, New: s.target, Err: err}
	}
	s.path = ""
	return syncDirectory(filepath.Dir(s.target))
}

// discard removes the directory unless it has its name.
func (s *staging) discard() (err error) {
	if s.path != "" {
		err = os.RemoveAll(s.path)
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// syncDirectory brings the names in a directory to the disk.
func syncDirectory(path string) error {
	handle, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(handle.Sync(), handle.Close())
}
