package main

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"localstack-entrypoint/internal/testkit"
)

// onTerminal runs the doctor on a terminal and returns all that it shows.
func (w *world) onTerminal(args ...string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, "entrypoint"), append([]string{"doctor"}, args...)...)
	cmd.Env = w.environ()
	terminal, err := pty.Start(cmd)
	if err != nil {
		w.Fatal(err)
	}
	defer terminal.Close()
	var shown bytes.Buffer
	_, _ = io.Copy(&shown, terminal) // ends with EIO when the program does
	_ = cmd.Wait()
	return shown.String()
}

func TestDoctorOnATerminalHasColorsAndShowsThatItIsAtWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.names(testkit.Silent{})
	w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.3")
	shown := w.onTerminal("--timeout", "4", "--", "true")
	for _, part := range []string{"\x1b[32m✓\x1b[0m command", "\x1b[31m✗\x1b[0m names", "… names (1 s)", "\x1b[1;31mA start now would fail"} {
		if !strings.Contains(shown, part) {
			t.Errorf("lacks %q: %q", part, shown)
		}
	}
}

func TestDoctorHeedsNoColor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("NO_COLOR", "1")
	if shown := w.onTerminal("--", "true"); !strings.Contains(shown, "✗ connection") || strings.Contains(shown, "\x1b[3") {
		t.Errorf("%q", shown)
	}
}
