package file

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// isNoExec reports whether the file system of path is mounted with noexec.
func isNoExec(path string) bool {
	var system unix.Statfs_t
	return unix.Statfs(path, &system) == nil && system.Flags&unix.ST_NOEXEC != 0
}

// mountedAt says where the file system of path is mounted, such as " at /mnt"; "" if the kernel does not tell (before
// Linux 5.8).
func mountedAt(path string) string {
	point, err := filepath.EvalSymlinks(path)
	if err == nil {
		point, err = filepath.Abs(point)
	}
	for ; err == nil; point = filepath.Dir(point) {
		var stat unix.Statx_t
		if unix.Statx(unix.AT_FDCWD, point, unix.AT_SYMLINK_NOFOLLOW, 0, &stat) != nil ||
			stat.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 {
			break
		}
		if stat.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 {
			return fmt.Sprintf(" at %.200s", point)
		}
		if point == "/" {
			break // the root of a chroot, which is no mount
		}
	}
	return ""
}
