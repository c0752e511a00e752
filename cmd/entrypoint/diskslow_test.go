package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// TestAStartThatDependsOnASlowDiskWaitsForIt: the server is not reached, and the stored license comes late.
func TestAStartThatDependsOnASlowDiskWaitsForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store(func(*license.Document) {})
	p := w.asPID1("sh", "-c", "exit 7")
	syscalls.Intercept(t, p.Cmd, syscalls.Opens, func(c *syscalls.Call) unix.Errno {
		if slices.ContainsFunc(c.Files(), func(path string) bool { return strings.HasSuffix(path, "/license.json") }) {
			c.Delay(2 * file.DiskTimeout)
		}
		return syscalls.Continue
	})
	began := time.Now()
	code := p.end()
	if said := p.stderr.String(); code != 7 || !strings.Contains(said, " offline, until ") ||
		!strings.Contains(said, "cannot read the stored licenses: the disk does not respond") {
		t.Errorf("exit code %d after %s, stderr %q", code, time.Since(began), said)
	}
}
