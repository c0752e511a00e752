package file

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// mountTmpfs mounts a file system that is really small, or really read-only:
// root may write anywhere else.
func mountTmpfs(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("mounting is not allowed here: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

func TestAFullDiskKeepsTheOldFileAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	base := mountTmpfs(t, 0, "size=64k")
	must(t, WriteOwn(base, "license.json", []byte("old"), 0o600))
	err := WriteOwn(base, "license.json", bytes.Repeat([]byte("x"), 256<<10), 0o600)
	if err == nil || err.Error() != "no space left on device" {
		t.Errorf("error %v", err)
	}
	if content, err := ReadOwn(base, "license.json"); err != nil || string(content) != "old" {
		t.Errorf("read %q, %v", content, err)
	}
	if left := names(t, base); len(left) != 1 {
		t.Errorf("left %q", left)
	}
}

func TestAReadOnlyVolumeCanBeReadAndSaysThatItCannotBeWritten(t *testing.T) {
	t.Parallel()
	base := mountTmpfs(t, 0, "size=64k")
	must(t, WriteOwn(base, "cache/license.json", []byte("old"), 0o600))
	must(t, syscall.Mount("", base, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	for _, name := range []string{"cache/license.json", "elsewhere/license.json"} {
		if err := WriteOwn(base, name, []byte("new"), 0o600); err == nil || err.Error() != "read-only file system" {
			t.Errorf("write %s: error %v", name, err)
		}
	}
	if err := RemoveOwn(base, "cache/license.json"); err == nil || err.Error() != "read-only file system" {
		t.Errorf("remove: error %v", err)
	}
	err := WriteOwn(filepath.Join(base, "volume"), "license.json", nil, 0o600)
	if err == nil || err.Error() != "read-only file system" {
		t.Errorf("make the volume: error %v", err)
	}
	if content, err := ReadOwn(base, "cache/license.json"); err != nil || string(content) != "old" {
		t.Errorf("read %q, %v", content, err)
	}
}
