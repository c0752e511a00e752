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
	large := bytes.Repeat([]byte("x"), 256<<10)
	says(t, WriteOwn(base, "license.json", large, 0o600), "no space left on device")
	holds(t, filepath.Join(base, "license.json"), "old")
	if left := names(t, base); len(left) != 1 {
		t.Errorf("left %q", left)
	}
}

func TestAReadOnlyVolumeCanBeReadAndSaysThatItCannotBeWritten(t *testing.T) {
	t.Parallel()
	base := mountTmpfs(t, 0, "size=64k")
	must(t, WriteOwn(base, "cache/license.json", []byte("old"), 0o600))
	must(t, syscall.Mount("", base, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	const readOnly = "read-only file system"
	says(t, WriteOwn(base, "cache/license.json", nil, 0o600), readOnly)
	says(t, WriteOwn(base, "elsewhere/license.json", nil, 0o600), readOnly)
	says(t, WriteOwn(filepath.Join(base, "volume"), "license.json", nil, 0o600), readOnly)
	says(t, RemoveOwn(base, "cache/license.json"), readOnly)
	if content, err := ReadOwn(base, "cache/license.json"); err != nil || string(content) != "old" {
		t.Errorf("read %q, %v", content, err)
	}
}
