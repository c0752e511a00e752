package file

import (
	"cmp"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Chmod gives the regular file at name a mode. It follows no link that comes into the file's place meanwhile. A file
// with another name (a hard link) is left as it is, because that name could be outside. The error is [ErrTimeout] when
// the disk is slow; the mode is still being changed then.
func (v *Volume) Chmod(name string, mode fs.FileMode) error {
	return v.await(&v.work, v.patience(forever), false, func() error {
		return inFolder(v.base, func(root *os.Root) error {
			target, err := follow(root, name)
			if err != nil {
				return err
			}
			f, err := root.OpenFile(target, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil || !info.Mode().IsRegular() || hasOtherNames(info) {
				return cmp.Or(err, error(unix.EPERM))
			}
			return f.Chmod(mode)
		})
	})
}
