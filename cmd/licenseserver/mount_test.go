package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Backups are often on a file system of their own, which may be full or read-only.
func TestABackupToAMount(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	must(t, dir, "token", "create", "--type", "ci")
	disk := filepath.Join(dir, "disk")
	mount := func(source string, flags uintptr, options string) {
		t.Helper()
		if err := unix.Mount(source, disk, "tmpfs", flags, options); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	mount("tmpfs", 0, "size=1m")
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	refused := func(to, want string) {
		t.Helper()
		if _, err := tryTo(t, dir, "backup", to); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a backup to %s: %v, want %q", to, err, want)
		}
		if left, _ := filepath.Glob(filepath.Join(disk, ".*")); len(left) > 0 {
			t.Errorf("it leaves %q", left)
		}
	}
	refused("disk", "disk is a mount: name a directory in it that does not exist yet")
	must(t, dir, "backup", "disk/today")
	must(t, dir, "check", "--data", "disk/today")
	mount("", unix.MS_REMOUNT, "size=300k")
	refused("disk/full", "database or disk is full")
	mount("", unix.MS_REMOUNT|unix.MS_RDONLY, "")
	refused("disk/tomorrow", "read-only file system")
	must(t, dir, "restore", "disk/today", "--data", "restored")
	must(t, dir, "check", "--data", "disk/today")
}
