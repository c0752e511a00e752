package hook

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Each script that hangs notes the processes that must be gone in $GONE, and those that must stay in $KEPT.
func TestAScriptThatTakesTooLongIsStoppedWithWhatItWaitsFor(t *testing.T) {
	const hang = "echo $! $$ >>$GONE; wait\n"
	root := tree(t, map[string]string{
		"boot.d/0-daemon.sh":    "#!/bin/sh\nsleep 60 & echo $! >>$KEPT\n",
		"boot.d/1-set.py":       "import os\nos.environ['SET'] = '1'\n",
		"boot.d/2-child.sh":     "#!/bin/sh\nsleep 60 & " + hang,
		"boot.d/3-deep.sh":      "#!/bin/sh\nsh -c 'sleep 60 & " + strings.TrimSpace(hang) + "' & " + hang,
		"boot.d/4-deaf.sh":      "#!/bin/sh\ntrap '' TERM\nsleep 60 & " + hang,
		"boot.d/5-again.sh":     "#!/bin/sh\ntrap : TERM\nfor i in 1 2 3; do sleep 60 & " + hang + "done\n",
		"boot.d/6-politely.sh":  "#!/bin/sh\ntrap 'kill $! 2>/dev/null; echo bye; exit 0' TERM\nsleep 60 & " + hang,
		"boot.d/7-stopped.sh":   "#!/bin/sh\ntrap '' TERM\nsleep 60 & echo $! $$ >>$GONE; kill -STOP $$\n",
		"boot.d/8-python.py":    "import os, time\nos.environ['SET'] = '2'\ntime.sleep(60)\n",
		"boot.d/9-afterward.sh": "#!/bin/sh\necho set $SET\n",
	})
	r, rec, out := newPythonRunner(root)
	gone, kept := filepath.Join(t.TempDir(), "gone"), filepath.Join(t.TempDir(), "kept")
	r.Env = append(r.Env, "GONE="+gone, "KEPT="+kept)
	r.Timeout, r.grace = 2*time.Second, 100*time.Millisecond
	r.Run(t.Context(), Boot)
	t.Cleanup(func() {
		for _, pid := range pidsIn(t, kept) {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	})

	var failed []string
	for _, line := range rec.lines {
		if name, reason, isError := strings.Cut(line, " ERROR: "); isError {
			failed = append(failed, name)
			if reason != "it took longer than BOOT_HOOK_TIMEOUT (2s) and was stopped" {
				t.Error(line)
			}
		}
	}
	if want := []string{"2-child.sh", "3-deep.sh", "4-deaf.sh", "5-again.sh", "6-politely.sh", "7-stopped.sh",
		"8-python.py"}; !slices.Equal(failed, want) {
		t.Errorf("stopped: %q", failed)
	}
	if out.String() != "bye\nset 1\n" {
		t.Errorf("output %q", out)
	}
	for _, pid := range pidsIn(t, gone) {
		if !ends(pid, 10*time.Second) {
			t.Errorf("process %d is left", pid)
		}
	}
	for _, pid := range pidsIn(t, kept) {
		if ends(pid, 0) {
			t.Errorf("process %d of a script that ended well is gone", pid)
		}
	}
}

func pidsIn(t *testing.T, path string) (pids []int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(string(content)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// ends reports whether a process has ended, or does so soon.
func ends(pid int, within time.Duration) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	return process{pid, fd}.endsBefore(time.Now().Add(within))
}
