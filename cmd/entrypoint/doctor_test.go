package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/creack/pty"
	"github.com/miekg/dns"

	"localstack-entrypoint/internal/credential"
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
	for _, part := range []string{
		"\x1b[32m✓\x1b[0m command", "\x1b[31m✗\x1b[0m names", "… names (1 s)", "\x1b[1;31mA start now would fail",
	} {
		if !strings.Contains(shown, part) {
			t.Errorf("lacks %q: %q", part, shown)
		}
	}
}

func TestDoctorHeedsWhoWantsNoColor(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		w := newWorld(t)
		w.set(name, value)
		shown := w.onTerminal("--", "true")
		if !strings.Contains(shown, "✗ connection") || strings.Contains(shown, "\x1b[3") {
			t.Errorf("%s=%s: %q", name, value, shown)
		}
	}
}

// doctor runs the doctor with the given arguments and returns what it prints.
func (w *world) doctor(args ...string) (text string, code int) {
	w.Helper()
	text, stderr, code := run3(w.T, w.environ("LOG_FORMAT=text"), "entrypoint", append([]string{"doctor"}, args...)...)
	if stderr != "" {
		w.Errorf("the doctor says on stderr: %s", stderr)
	}
	return text, code
}

func TestDoctorDoesNotTakeSilenceForConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	text, code := w.doctor("--timeout", "0.5", "--json", "--", "true")
	mustFitSchema(t, text)
	if code != 3 || !strings.Contains(text, `"outcome": "unknown"`) ||
		!strings.Contains(text, "did not answer in time") || strings.Contains(text, "accepts the credential") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

func TestDoctorWithoutNetworkKnowsThatAStartNeedsACredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("LOCALSTACK_AUTH_TOKEN", "")
	text, code := w.doctor("--offline", "--", "true")
	if code != 55 || !strings.Contains(text, "A start now would fail with exit code 55 (credentials.missing):") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

func TestDoctorFindsCommandsOfThePythonEnvironmentAsAStartDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	w.command = "only-in-the-environment"
	tool := filepath.Join(w.root, "opt/code/localstack/.venv/bin", w.command)
	testkit.Put(t, w.root, "opt/code/localstack/.venv/bin/"+w.command, "#!/bin/sh\n")
	if err := os.Chmod(tool, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 {
		t.Fatalf("the start itself ends with %d: %s", code, stderr)
	}
	if text, code := w.doctor("--", w.command); code != 0 || !strings.Contains(text, "✓ command        "+tool) {
		t.Errorf("exit code %d: %s", code, text)
	}
}

// The default of an invalid variable may name another server than the user's.
func TestDoctorSendsNothingAnywhereWhenTheConfigurationIsInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := make(chan string, 100)
	w.names(dns.HandlerFunc(func(_ dns.ResponseWriter, question *dns.Msg) { asked <- question.Question[0].Name }))
	w.set("API_ENDPOINT", "license.corp.test/v1") // no scheme
	text, code := w.doctor("--", "true")
	if code != 78 || !strings.Contains(text, "– license        not checked because of configuration\n") {
		t.Errorf("exit code %d: %s", code, text)
	}
	select {
	case name := <-asked:
		t.Errorf("the doctor asks for %s", name)
	default:
	}
}

func TestDoctorKnowsThatBootHooksMayFixAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("LOCALSTACK_AUTH_TOKEN", "")
	const forecast = "start now would fail with exit code 55 (credentials.missing):"
	for hooks, want := range []string{
		" A " + forecast,
		" Unless the BOOT hook fixes this (the doctor does not run hooks), a " + forecast,
		" Unless one of the 2 BOOT hooks fixes this (the",
	} {
		text, code := w.doctor("--", "true")
		if code != 55 || !strings.Contains(strings.ReplaceAll(text, "\n", " "), want) {
			t.Errorf("with %d hooks: exit code %d, %s", hooks, code, text)
		}
		testkit.Put(t, w.root, fmt.Sprintf("etc/localstack/init/boot.d/%d.sh", hooks), "touch "+w.root+"/ran")
	}
	if _, err := os.Stat(w.root + "/ran"); err == nil {
		t.Error("the doctor has run a hook")
	}
	w.set("SUPERVISE", "maybe") // fails before any hook
	text, _ := w.doctor("--", "true")
	if !strings.Contains(text, "\nA start now would fail with exit code 78 (config.invalid):") {
		t.Error(text)
	}
}

func TestDoctorAsksForALicenseOnlyWhereItCostsNothing(t *testing.T) {
	t.Parallel()
	const payload = "demo0000-AAAA-BBBB-CCCC-DDDDEEEE"
	developer := credential.DeveloperPrefix + payload + credential.Checksum(payload)
	for kind, c := range map[string]struct {
		token, key string
		asks       bool
	}{
		"a developer's token": {token: developer, asks: true},
		"a CI token":          {token: newWorld(t).token},
		"a legacy key":        {key: "geheim47110815"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("LOCALSTACK_AUTH_TOKEN", c.token)
			w.set("LOCALSTACK_API_KEY", c.key)
			var asked atomic.Int32
			w.serve(func(out http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/license/request" {
					asked.Add(1)
				}
				out.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(out, `{"error": true, "message": "licensing.license.not_found"}`)
			})
			for _, activate := range []bool{false, true} {
				want := int32(0)
				if c.asks || activate {
					want = 1
				}
				asked.Store(0)
				if text, _ := w.doctor(fmt.Sprintf("--activate=%t", activate), "--", "true"); asked.Load() != want {
					t.Errorf("with --activate=%t it asks %d times: %s", activate, asked.Load(), text)
				}
			}
		})
	}
}
