package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

func TestTheEmulatorsLogStopsNothing(t *testing.T) {
	testkit.Serving{
		Command: func(t testing.TB, address string) *exec.Cmd { return command(t, "GATEWAY_LISTEN="+address) },
		Path:    "/a-bucket-that-does-not-exist",
		Loses:   "log messages dropped because the log was not read: ",
	}.CheckLogs(t)
}

// A broken pipe ends a hook, as it ends any program, although it does not end the emulator.
func TestAHookInheritsNoIgnoredSignal(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "etc/localstack/init/start.d")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const hook = "#!/bin/sh\ngrep -E 'Sig(Ign|Blk)' /proc/self/status\n"
	if err := os.WriteFile(filepath.Join(dir, "1.sh"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	p := launch(t, "FILESYSTEM_ROOT="+root)
	// Whoever started this test may ignore some for all of its children.
	want := "\n\n" + signals(t, "SigBlk") + signals(t, "SigIgn") + "Ready.\n"
	if printed := p.ready(); !strings.HasSuffix(printed, want) {
		t.Errorf("%q does not end with %q", printed, want)
	}
	p.signal(syscall.SIGTERM)
	p.end()
}

// signals is a line about signals in this process's own status.
func signals(t *testing.T, name string) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "\n"+name+":")
	line, _, _ = strings.Cut(line, "\n")
	return name + ":" + line + "\n"
}
