package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// TestAHomeDirectoryThatHangsIsReplaced: it is on a disk that does not answer.
func TestAHomeDirectoryThatHangsIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	home := filepath.Join(w.root, "home")
	testkit.Put(t, w.root, "home/.netrc", "")
	testkit.Put(t, w.root, "tmp/file", "")
	w.set("ACTIVATE_PRO", "0")
	w.set("HOME", home)
	w.script("hook.sh", "echo hook $HOME")
	p := w.asPID1("sh", "-c", "echo emulator $HOME; exit 7")
	calls := append(syscalls.Opens, unix.SYS_FACCESSAT)
	syscalls.Intercept(t, p.Cmd, calls, func(c *syscalls.Call) unix.Errno {
		if slices.ContainsFunc(c.Files(), func(path string) bool { return strings.HasPrefix(path, home) }) {
			c.Hold(nil)
		}
		return syscalls.Continue
	})
	began := time.Now()
	code := p.end()
	path := w.root + "/tmp/localstack-home-"
	line := "HOME=" + home + " cannot be written (the disk does not respond): hooks and the emulator get HOME=" + path
	said, printed := p.stderr.String(), p.stdout.String()
	if code != 7 || strings.Count(said, line) != 1 ||
		!strings.HasPrefix(printed, "hook "+path) || !strings.Contains(printed, "emulator "+path) {
		t.Errorf("exit code %d after %s, stdout %q, stderr %q", code, time.Since(began), printed, said)
	}
}
