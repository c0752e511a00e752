package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// CanWrite returns why [WriteOwn] could not write a file, nil if it could. It leaves no trace, even if it is killed:
// it makes no file with a name, and no folder.
func CanWrite(base, name string) error {
	for base = filepath.Clean(base); ; base = filepath.Dir(base) {
		if _, err := os.Stat(base); !errors.Is(err, fs.ErrNotExist) || base == filepath.Dir(base) {
			return inFolder(base, func(root *os.Root) error { return canPut(root, name) })
		}
		name = path.Join(filepath.Base(base), name) // its folder is to be made as well
	}
}

// canPut is CanWrite in a folder that exists.
func canPut(root *os.Root, name string) error {
	name, err := follow(root, name)
	if err != nil {
		return err
	}
	info, statErr := root.Lstat(name)
	if statErr == nil && info.IsDir() {
		return directoryAt(root, name)
	}
	folder, err := nearestFolder(root, name)
	if err != nil {
		return err
	}
	defer folder.Close()
	err = tryMaking(folder)
	if statErr != nil || isOfDisk(err) {
		return err
	}
	if err == nil && !isMountAt(root, name) && !isProtected(folder, info) {
		return nil
	}
	return canOverwrite(root, name, info, err)
}

// canOverwrite returns why overwrite could not write a file in place, nil if it could. why is the reason for which the
// file cannot be replaced.
func canOverwrite(root *os.Root, name string, info fs.FileInfo, why error) error {
	if why == nil {
		why = unix.EPERM
	}
	if !info.Mode().IsRegular() || hasOtherNames(info) {
		return why
	}
	f, err := root.OpenFile(name, os.O_WRONLY|unix.O_NONBLOCK, 0) // which changes nothing
	if err != nil {
		return err
	}
	return f.Close()
}

// nearestFolder opens the folder of a file, or the nearest folder above it that exists.
func nearestFolder(root *os.Root, name string) (*os.File, error) {
	for folder := path.Dir(path.Clean(name)); ; folder = path.Dir(folder) {
		f, err := root.OpenFile(folder, readOnly|unix.O_DIRECTORY, 0)
		if !errors.Is(err, fs.ErrNotExist) || folder == "." {
			return f, err
		}
	}
}

// tryMaking makes a file without a name in a folder. Where that is not possible, it only checks permissions.
func tryMaking(folder *os.File) error {
	fd := int(folder.Fd())
	made, err := unix.Openat(fd, ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err == nil {
		defer unix.Close(made)
		_, err = unix.Write(made, []byte("entrypoint doctor\n")) // without content, a full disk is not noticed
		return err
	}
	if !isOneOf(err, unix.EOPNOTSUPP, unix.EISDIR, unix.EINVAL, unix.ENOENT, unix.ENOSYS) {
		return err
	}
	if err = unix.Faccessat(fd, ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return err
	}
	var system unix.Statfs_t
	if unix.Fstatfs(fd, &system) == nil && system.Blocks > 0 && system.Bavail == 0 {
		return unix.ENOSPC
	}
	return nil
}

// canReplace reports whether writing an open file would replace it, instead of writing in place.
func canReplace(root *os.Root, name string, f *os.File) bool {
	if isMount(f) {
		return false
	}
	folder, err := nearestFolder(root, name)
	if err != nil {
		return false
	}
	defer folder.Close()
	return unix.Faccessat(int(folder.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS) == nil
}

func isMountAt(root *os.Root, name string) bool {
	f, err := root.OpenFile(name, unix.O_PATH, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return isMount(f)
}

// isMount reports whether a file is a mount by itself, which nothing can replace.
func isMount(f *os.File) bool {
	var info unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, 0, &info)
	return err == nil && info.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}

// isProtected reports whether a file of another user is in a folder with the sticky bit, where only its owner may
// replace it.
func isProtected(folder *os.File, info fs.FileInfo) bool {
	above, err := folder.Stat()
	if err != nil || above.Mode()&fs.ModeSticky == 0 || os.Geteuid() == 0 {
		return false
	}
	isOurs := func(info fs.FileInfo) bool {
		stat, ok := info.Sys().(*syscall.Stat_t)
		return ok && int(stat.Uid) == os.Geteuid()
	}
	return !isOurs(above) && !isOurs(info)
}
