// Package file reads and writes the small files that a start depends on, in
// ways that nobody who can write to a volume can abuse: nothing but regular
// files, nothing large, nothing half-written.
package file

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// MaxSize is the largest file that Read accepts, in bytes.
const MaxSize = 1 << 20

const (
	// temporarySuffix ends the name of a file that is being written.
	temporarySuffix = ".tmp"
	// abandonedAfter is the age at which nobody can still be writing one.
	abandonedAfter = time.Hour
)

// TooLarge is the error of a file that is larger than a limit, in bytes.
type TooLarge int64

func (limit TooLarge) Error() string {
	return fmt.Sprintf("the file is larger than %d MiB", int64(limit)>>20)
}

// Read returns the content of the regular file at name, behind links where
// there are some (Kubernetes mounts secrets as links). It never waits for a
// FIFO. The error says why without repeating the name.
func Read(name string) ([]byte, error) { return ReadUpTo(name, MaxSize) }

// ReadUpTo is Read with a limit of its own, in whole MiB but given in bytes.
func ReadUpTo(name string, limit int64) ([]byte, error) {
	content, err := ReadHead(name, limit)
	if err != nil {
		return nil, err
	}
	return content, nil
}

// ReadHead is ReadUpTo for a file that is worth reading in part: of a larger one it returns the first limit
// bytes beside the error.
func ReadHead(name string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Cause(err)
	}
	defer f.Close()
	return readRegular(f, limit)
}

// ReadOwn is Read for a file of ours below base, where no part of name may be
// a link that leads elsewhere and the file itself may be none at all.
func ReadOwn(base, name string) (content []byte, err error) {
	err = inFolder(base, func(root *os.Root) error {
		if info, err := root.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return errors.New("it is a symbolic link")
		}
		f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		content, err = readRegular(f, MaxSize)
		return err
	})
	if err != nil {
		return nil, err
	}
	return content, nil
}

// WriteOwn puts content at name below base so that a reader, or a machine that
// loses power, sees the old file or the new one and never half of either,
// however many write at once. Missing folders are made. A link in place of the
// file is replaced, not followed; a link that leads out of base is an error.
// The error says why without repeating the name.
func WriteOwn(base, name string, content []byte, mode fs.FileMode) error {
	f, err := put(base, name, content, mode, true)
	if err == nil {
		f.Close()
	}
	return err
}

// WriteUnsynced is [WriteOwn] without the wait until the content is on the disk: after a loss of power the file
// may be empty.
func WriteUnsynced(base, name string, content []byte, mode fs.FileMode) error {
	f, err := put(base, name, content, mode, false)
	if err == nil {
		f.Close()
	}
	return err
}

// put is WriteOwn, with or without the wait until the content is on the disk, and returns the file.
func put(base, name string, content []byte, mode fs.FileMode, durable bool) (f *os.File, err error) {
	if err := os.MkdirAll(base, 0o755); err != nil {
		return nil, Cause(err)
	}
	err = inFolder(base, func(root *os.Root) error {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		sweep(root, name)
		f, err = replace(root, name, content, mode, durable)
		return err
	})
	return f, err
}

// replace writes a new file and then gives it the name.
func replace(root *os.Root, name string, content []byte, mode fs.FileMode, durable bool) (*os.File, error) {
	// A random name: containers that share a volume also share process ids.
	temporary := name + "." + rand.Text() + temporarySuffix
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(content)
	// Give back what the umask took away; some volumes know no modes.
	_ = f.Chmod(mode)
	if err == nil && durable {
		// Before the rename that makes the content visible. The rename itself may be forgotten: then the
		// old file is there, which is as good.
		err = f.Sync()
	}
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		_ = root.Remove(temporary)
		f.Close()
		return nil, err
	}
	return f, nil
}

// RemoveOwn deletes name below base. A file that is not there is no error; an
// error says why without repeating the name.
func RemoveOwn(base, name string) error {
	err := inFolder(base, func(root *os.Root) error { return root.Remove(name) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// inFolder does work in a folder. It waits for no FIFO in its place: only a folder has something inside.
func inFolder(name string, work func(*os.Root) error) error {
	root, err := os.OpenRoot(name + "/.")
	if err != nil {
		return Cause(err)
	}
	defer root.Close()
	return Cause(work(root))
}

// sweep removes what writers that crashed long ago have left behind.
func sweep(root *os.Root, name string) {
	leftovers, _ := fs.Glob(root.FS(), name+".*"+temporarySuffix)
	for _, leftover := range leftovers {
		if info, err := root.Lstat(leftover); err == nil && time.Since(info.ModTime()) > abandonedAfter {
			_ = root.Remove(leftover)
		}
	}
}

func readRegular(f *os.File, limit int64) ([]byte, error) {
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, Cause(err)
	case info.IsDir():
		return nil, errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is a FIFO or a device, not a regular file")
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(content)) > limit {
		return content[:limit], TooLarge(limit)
	}
	return content, Cause(err)
}

// Cause is err without the operation and paths that os puts before it.
func Cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return Cause(failed.Err)
	}
	if failed, ok := errors.AsType[*os.LinkError](err); ok {
		return Cause(failed.Err)
	}
	return err
}
