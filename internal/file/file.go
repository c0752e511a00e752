// Package file reads and writes the small files that a start depends on, in
// ways that nobody who can write to a volume can abuse: nothing but regular
// files, nothing large, nothing half-written.
package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// MaxSize is the largest file that Read accepts, in bytes.
const MaxSize = 1 << 20

// Read returns the content of the regular file at name, behind links where
// there are some (Kubernetes mounts secrets as links). It never waits for a
// FIFO. The error says why without repeating the name.
func Read(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	return readRegular(f)
}

// ReadOwn is Read for a file of ours below base, where no part of name may be
// a link that leads elsewhere and the file itself may be none at all.
func ReadOwn(base, name string) ([]byte, error) {
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, bare(err)
	}
	defer root.Close()
	if info, err := root.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, errors.New("it is a symbolic link")
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	return readRegular(f)
}

// WriteOwn puts content at name below base so that a reader, or a machine that
// loses power, sees the old file or the new one and never half of either.
// Missing folders are made. A link in place of the file is replaced, not
// followed; a link that leads out of base is an error.
func WriteOwn(base, name string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(base, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return err
	}
	defer root.Close()
	dir := path.Dir(name)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%d", name, os.Getpid())
	_ = root.Remove(temporary)
	if err := writeNew(root, temporary, content, mode); err != nil {
		_ = root.Remove(temporary)
		return err
	}
	if err := root.Rename(temporary, name); err != nil {
		_ = root.Remove(temporary)
		return err
	}
	return syncDir(root, dir)
}

// RemoveOwn deletes name below base. A file that is not there is no error.
func RemoveOwn(base, name string) error {
	root, err := os.OpenRoot(base)
	if err == nil {
		defer root.Close()
		err = root.Remove(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func writeNew(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	// Chmod because the umask may have taken bits away; Sync before the rename
	// that makes the content visible.
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

func syncDir(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func readRegular(f *os.File) ([]byte, error) {
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, bare(err)
	case info.IsDir():
		return nil, errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file but a " + kindOf(info.Mode()))
	}
	content, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if len(content) > MaxSize {
		return nil, errors.New("the file is larger than 1 MiB")
	}
	return content, bare(err)
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "FIFO"
	case mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// bare is err without the operation and path that os puts before it.
func bare(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
