// Package file reads and writes the small files that a start depends on, in
// ways that nobody who can write to a volume can abuse: nothing but regular
// files, nothing large, nothing half-written.
package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// MaxSize is the largest file that Read accepts, in bytes.
const MaxSize = 1 << 20

const readOnly = os.O_RDONLY | syscall.O_NONBLOCK

// dockerMakes says where an empty directory in place of a file most often comes from.
const dockerMakes = "Docker creates one if the path to mount does not exist on the host"

var (
	errDirectory = errors.New("it is a directory")
	// ErrEmptyDirectory is the error of an empty directory where a file should be.
	ErrEmptyDirectory = errors.New("it is an empty directory; " + dockerMakes)
)

// IsEmptyDirectory reports whether path is one, or a link to one. Where a file should be, it is [ErrEmptyDirectory].
func IsEmptyDirectory(path string) bool {
	f, err := os.OpenFile(path, readOnly|syscall.O_DIRECTORY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(directoryError(f), ErrEmptyDirectory)
}

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
	f, err := os.OpenFile(name, readOnly, 0)
	if err != nil {
		return nil, Cause(err)
	}
	defer f.Close()
	return readRegular(f, limit)
}

// ReadOwn is Read for a file of ours below base. Links are followed to places below base only, and the error names
// one that leads elsewhere. A file that somebody is writing in place (see [WriteOwn]) is read again until it is whole.
func ReadOwn(base, name string) (content []byte, err error) {
	err = inFolder(base, func(root *os.Root) error {
		f, err := root.OpenFile(name, readOnly, 0)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			// Perhaps because of an absolute link, which os.Root does not follow.
			if name, err = follow(root, name); err == nil {
				f, err = root.OpenFile(name, readOnly, 0)
			}
		}
		if err != nil {
			return err
		}
		defer f.Close()
		content, err = readRegular(f, MaxSize)
		if err == nil && isYoung(f) && !canReplace(root, name, f) {
			content, err = readAgain(f, content)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return content, nil
}

const (
	// youngFor is the age up to which a file may be one that is being written.
	youngFor = 100 * time.Millisecond
	// readPause is longer than writing one takes. mostReads bounds how often it is read.
	readPause = 2 * time.Millisecond
	mostReads = 10
)

// isYoung reports whether somebody may be writing a file at the moment.
func isYoung(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && time.Since(info.ModTime()).Abs() < youngFor
}

// readAgain reads a file, which may be written in place meanwhile, until its content is the same after a pause.
func readAgain(f *os.File, content []byte) ([]byte, error) {
	for range mostReads {
		time.Sleep(readPause)
		before := content
		_, err := f.Seek(0, io.SeekStart)
		if err == nil {
			content, err = readRegular(f, MaxSize)
		}
		if err != nil || bytes.Equal(before, content) {
			return content, err
		}
	}
	return content, nil
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

func readRegular(f *os.File, limit int64) ([]byte, error) {
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, Cause(err)
	case info.IsDir():
		return nil, directoryError(f)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is a FIFO or a device, not a regular file")
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(content)) > limit {
		return content[:limit], TooLarge(limit)
	}
	return content, Cause(err)
}

// directoryError says that there is a directory where a file should be.
func directoryError(f *os.File) error {
	if _, err := f.Readdirnames(1); errors.Is(err, io.EOF) {
		return ErrEmptyDirectory
	}
	return errDirectory
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
