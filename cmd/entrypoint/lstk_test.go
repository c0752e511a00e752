package main

import (
	"bytes"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit/lstk"
)

// A container starts with the token that `lstk login` has fetched, and no new one after that was revoked.
func TestAContainerStartsWithTheTokenOfALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, _ := w.authority()
	link := server.command(t, "member", "add", "--admin", "ada@example.com")
	server.command(t, "subscription", "create", "--seats", "1")
	server.command(t, "license", "assign", "ada@example.com")

	web := strings.TrimSuffix(server.URL, "/v1")
	const password = "correct horse battery staple"
	browser := lstk.NewBrowser(t, nil).Open(web+link).Is(http.StatusOK, "Join default")
	browser.Submit("", "password", password, "again", password).Is(http.StatusOK, "Getting Started")
	terminal := lstk.Login(t, web, web)
	browser.Open(terminal.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	terminal.Press("x")
	token := terminal.Token()

	w.set("LOCALSTACK_AUTH_TOKEN", token.Reveal())
	w.command = "sh"
	said, _, code := w.start("LOG_FORMAT=json", "-c", `echo "pro: $PRO_ACTIVATED"`)
	if code != 0 || said != "pro: 1\n" {
		t.Fatalf("the container ends with %d and says %q", code, said)
	}
	for line := range strings.Lines(server.command(t, "token", "list")) {
		if id, _, _ := strings.Cut(line, " "); strings.Contains(line, "ada@example.com") {
			server.command(t, "token", "revoke", id)
		}
	}
	_, log, code := w.start("LOG_FORMAT=json", "-c", "true")
	if code != fault.ExitLicense || !strings.Contains(log, string(fault.CredentialsInvalid)) {
		t.Errorf("with a revoked token the container ends with %d and says %s", code, log)
	}
	if strings.Contains(log+server.log.String(), token.Reveal()) {
		t.Error("a log has the token")
	}
}

// command runs a command of licenseserver on the server's data, and returns what it prints.
func (s *licenseServer) command(t *testing.T, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "licenseserver"), append(args, "--data", s.dir)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("licenseserver %v: %v: %s", args, err, &stderr)
	}
	return strings.TrimSpace(string(out))
}
