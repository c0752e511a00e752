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

// On a full disk, commands that change something fail and say why; what is there stays, and can be listed and backed
// up.
func TestCommandsOnAFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", data, "tmpfs", 0, "size=2m,mode=700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(data, unix.MNT_DETACH) })
	must(t, dir, "member", "add", "anna@example.com")
	server, err := startProcess(dir)
	if err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(data, "ballast")
	content := make([]byte, 4<<20)
	if err := os.WriteFile(ballast, content, 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	before := must(t, dir, "member", "list")
	failed := 0
	for _, args := range [][]string{
		{"token", "create", "--type", "ci"}, {"member", "add", "bob@example.com"},
		{"workspace", "rename", "default", "other"},
	} {
		if out, err := tryTo(t, dir, args...); err != nil {
			failed++
			if !strings.Contains(err.Error(), "full") && !strings.Contains(err.Error(), "I/O") || out != "" {
				t.Errorf("%q: %s, %v", args, out, err)
			}
		}
	}
	if failed == 0 {
		t.Error("no command failed")
	}
	if _, err := tryTo(t, dir, "backup", "backup"); err != nil {
		t.Errorf("a backup to another disk: %v", err)
	}
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	if out, err := tryTo(t, dir, "member", "list"); err == nil && out != before ||
		err != nil && !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("without a server, the list is %s, %v", out, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if after := must(t, dir, "member", "list"); after != before {
		t.Errorf("the members are %s, want %s", after, before)
	}
	must(t, dir, "member", "add", "bob@example.com")
	must(t, dir, "check")
}
