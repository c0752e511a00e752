package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/cage"
)

// withMemory is a start of a script in a control group of its own, as in a container with `docker run -m 64m`.
func withMemory(t *testing.T, script string) *pid1 {
	t.Helper()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	w.set("RESTART_ON_CRASH", "1")
	small := cage.NewMemory(t, 64<<20)
	testkit.Put(t, w.root, "proc/self/cgroup", "4:memory:/docker/0123\n0::/\n")
	if small.Controller == "" {
		testkit.Put(t, w.root, "proc/self/cgroup", "0::/\n")
	}
	seen := filepath.Join(w.root, "sys/fs/cgroup", small.Controller)
	if err := os.MkdirAll(filepath.Dir(seen), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(small.Path, seen); err != nil {
		t.Fatal(err)
	}
	p := w.asPID1("sh", "-c", script)
	p.Args = append([]string{"sh", "-c", `echo 0 >"$0" && exec "$@"`, small.Door, p.Path}, p.Args[1:]...)
	p.Path = "/bin/sh"
	return p
}

// TestTheEndForLackOfMemoryIsSaid has programs that take memory without end.
func TestTheEndForLackOfMemoryIsSaid(t *testing.T) {
	t.Parallel()
	const killed = "the kernel killed the command: out of memory (limit 64 MiB)"
	const another = "; the kernel killed a process of this container: out of memory (limit 64 MiB)"
	for _, test := range []struct {
		name, script string
		code         int
		lines        []string
	}{
		{"the command", `exec tail /dev/zero`, 137, []string{killed + ": restarting, attempt 1 of 1", killed}},
		{"a part of it", `tail /dev/zero; exit 5`, 5, []string{
			"the command exited with code 5" + another + ": restarting, attempt 1 of 1",
			"the command exited with code 5" + another,
		}},
		{"first, and then not", `[ -e again ] || { touch again; exec tail /dev/zero; }; kill -KILL $$`, 137, []string{
			killed + ": restarting, attempt 1 of 1",
			"the command was killed by SIGKILL (exit code 137)",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := withMemory(t, test.script)
			p.Dir = t.TempDir()
			code := p.code(t)
			var said []string
			for line := range strings.Lines(p.stderr.String()) {
				if _, message, found := strings.Cut(line, " : "); found {
					said = append(said, strings.TrimSpace(message))
				}
			}
			if code != test.code || strings.Join(said, "\n") != strings.Join(test.lines, "\n") {
				t.Errorf("exit code %d, want %d\n%s\nwant\n%s", code, test.code, p.stderr.String(), strings.Join(test.lines, "\n"))
			}
		})
	}
}

// TestAKillForLackOfMemoryIsSaidWhileTheEmulatorGoesOn if the one that was killed is an orphan.
func TestAKillForLackOfMemoryIsSaidWhileTheEmulatorGoesOn(t *testing.T) {
	t.Parallel()
	p := withMemory(t, `(tail /dev/zero &); trap 'exit 7' TERM; while :; do sleep 0.05; done`)
	p.begin(t)
	const line = "the kernel killed a process of this container: out of memory (limit 64 MiB)\n"
	for until := time.Now().Add(patience); !strings.Contains(p.stderr.String(), line) && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := p.end(); code != 7 || !strings.Contains(p.stderr.String(), line) {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}
