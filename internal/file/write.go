package file

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// temporarySuffix is the end of the name of a file that is being written.
	temporarySuffix = ".tmp"
	// abandonedAfter is the age at which nobody can still be writing one.
	abandonedAfter = time.Hour
)

// WriteOwn puts content at name below base so that a reader, or a machine that
// loses power, sees the old file or the new one and never half of either,
// however many write at once. Missing folders are made. Links to a place below base
// are followed; one that leads elsewhere is an error that names it.
// The error says why without repeating the name.
//
// A file that cannot be replaced, such as one that is mounted, is written in place. Then only a loss of power can leave
// half of it.
func WriteOwn(base, name string, content []byte, mode fs.FileMode) error {
	f, err := put(base, name, content, mode, manner{durable: true})
	if err == nil {
		f.Close()
	}
	return err
}

// WriteUnsynced is [WriteOwn] for a folder that anybody may write to. What is at name is replaced, even a link that
// leads elsewhere. Nothing is written in place, because the file could be another user's. It does not wait until the
// content is on the disk: after a loss of power the file may be empty.
func WriteUnsynced(base, name string, content []byte, mode fs.FileMode) error {
	f, err := put(base, name, content, mode, manner{replaces: true})
	if err == nil {
		f.Close()
	}
	return err
}

// manner is how a file is written: whether to wait until the content is on the disk, and whether to do nothing but
// replace what is at name.
type manner struct{ durable, replaces bool }

// put is WriteOwn in the given manner, and returns the open file.
func put(base, name string, content []byte, mode fs.FileMode, how manner) (f *os.File, err error) {
	_, missing := os.Stat(base)
	if err := os.MkdirAll(base, folderMode); err != nil {
		return nil, Cause(err)
	}
	if missing != nil {
		_ = os.Chmod(base, folderMode)
	}
	err = inFolder(base, func(root *os.Root) error {
		last := ""
		if how.replaces {
			name, last = path.Split(name)
		}
		if name, err = follow(root, name); err != nil {
			return err
		}
		name = path.Join(name, last)
		f, err = replace(root, name, content, mode, how.durable)
		if err != nil && !how.replaces && !isOfDisk(err) {
			f, err = overwrite(root, name, content, mode, how.durable, err)
		}
		return err
	})
	return f, err
}

// folderMode is the mode of folders that are made for a file.
const folderMode = 0o755

// makeFolders makes a folder and those above it that are missing. They have folderMode despite the umask: other users
// must find the file.
func makeFolders(root *os.Root, folder string) error {
	info, err := root.Stat(folder)
	switch {
	case err == nil && !info.IsDir():
		return unix.ENOTDIR
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err = makeFolders(root, path.Dir(folder)); err != nil {
		return err
	}
	err = root.Mkdir(folder, folderMode)
	switch {
	case err == nil:
		_ = root.Chmod(folder, folderMode)
	case errors.Is(err, fs.ErrExist): // somebody else has just made it
		return nil
	}
	return err
}

// replace writes a new file, and then renames it to name.
func replace(root *os.Root, name string, content []byte, mode fs.FileMode, durable bool) (*os.File, error) {
	if err := makeFolders(root, path.Dir(name)); err != nil {
		return nil, err
	}
	sweep(root, name)
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
		err = syncFile(f)
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

// overwrite writes a file in place that could not be replaced, for the reason why: it is a mount (EBUSY), or its
// folder cannot be written. What is there must be a file, and have no other name: that could be a file outside. It
// keeps its mode, but whoever may read a new one may read it as well.
func overwrite(
	root *os.Root, name string, content []byte, mode fs.FileMode, durable bool, why error,
) (*os.File, error) {
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return nil, why
	case info.IsDir():
		return nil, directoryAt(root, name)
	case !info.Mode().IsRegular():
		return nil, why
	}
	f, err := root.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err == nil {
		if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() || hasOtherNames(info) {
			f.Close()
			return nil, why
		}
		if missing := mode &^ info.Mode().Perm(); missing != 0 {
			_ = f.Chmod(info.Mode().Perm() | missing)
		}
		if err = fill(f, content); err == nil && durable {
			err = syncFile(f)
		}
		if err == nil {
			return f, nil
		}
		f.Close()
	}
	if errors.Is(why, unix.EBUSY) {
		return nil, err // EBUSY only says that it is a mount
	}
	return nil, why
}

// fill writes the content of a file in place. If that fails, it puts the old content back.
func fill(f *os.File, content []byte) error {
	old, err := io.ReadAll(io.LimitReader(f, MaxSize))
	if err != nil {
		return err
	}
	// In one write, with blanks over the rest of the old content: readers see valid JSON or PEM at any moment.
	padded := append(content[:len(content):len(content)], blanks(len(old)-len(content))...)
	if _, err = f.WriteAt(padded, 0); err == nil {
		return f.Truncate(int64(len(content)))
	}
	_, _ = f.WriteAt(old, 0)
	_ = f.Truncate(int64(len(old)))
	return err
}

func blanks(count int) []byte {
	if count <= 0 {
		return nil
	}
	text := make([]byte, count)
	for i := range text {
		text[i] = '\n'
	}
	return text
}

func hasOtherNames(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink > 1
}

func directoryAt(root *os.Root, name string) error {
	f, err := root.OpenFile(name, readOnly, 0)
	if err != nil {
		return errDirectory
	}
	defer f.Close()
	return directoryError(f)
}

// RemoveOwn deletes name below base, behind links that lead to a place below base. A file that is not there is no
// error. One that is a mount, or in a folder that cannot be written, is emptied. An error says why without repeating
// the name.
func RemoveOwn(base, name string) error {
	err := inFolder(base, func(root *os.Root) error {
		if target, err := follow(root, name); err == nil { // of a link that leads elsewhere only the link is ours
			name = target
		}
		err := root.Remove(name)
		if err == nil || errors.Is(err, fs.ErrNotExist) || isOfDisk(err) {
			return err
		}
		f, err := overwrite(root, name, nil, 0, false, err)
		if err == nil {
			f.Close()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweep removes temporary files that crashed writers have left long ago.
func sweep(root *os.Root, name string) {
	entries, _ := fs.ReadDir(root.FS(), path.Dir(name))
	for _, entry := range entries {
		rest, isOurs := strings.CutPrefix(entry.Name(), path.Base(name)+".")
		if !isOurs || !strings.HasSuffix(rest, temporarySuffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > abandonedAfter {
			_ = root.Remove(path.Join(path.Dir(name), entry.Name()))
		}
	}
}

// syncFile waits until a file is on the disk. File systems that do not know the call, or refuse it, are taken at
// their word.
func syncFile(f *os.File) error {
	if err := f.Sync(); !isRefused(err) {
		return err
	}
	return nil
}

// isRefused reports whether a file system does not offer a call, as some network file systems and those in user space.
func isRefused(err error) bool {
	return isOneOf(err, unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.EPERM, unix.EACCES, unix.ENOLCK, unix.ENOTTY,
		unix.EROFS)
}

// isOfDisk reports whether an error is one of a disk that is full or broken.
func isOfDisk(err error) bool {
	return isOneOf(err, unix.ENOSPC, unix.EDQUOT, unix.EIO, unix.EFBIG, unix.ENOMEM)
}

func isOneOf(err error, errnos ...syscall.Errno) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	for _, one := range errnos {
		if errno == one {
			return true
		}
	}
	return false
}
