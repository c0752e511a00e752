package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority/origin"
)

// A provider that is down does not keep the server from starting, and its secret is nowhere.
func TestServeWithAnOIDCProviderThatIsDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const secret = "hunter2-and-more"
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(dir, "--oidc-issuer", "http://127.0.0.1:1/realms/main", "--oidc-client-id", "license-authority",
		"--oidc-client-secret-file", "secret", "--oidc-name", "Example SSO")
	if err != nil {
		t.Fatal(err)
	}
	line, err := p.stdout.ReadString('\n')
	if want := "redirect URL for the OIDC provider: " + p.url + "/login/oidc/callback\n"; err != nil || line != want {
		t.Errorf("it prints %q, %v, want %q", line, err, want)
	}
	for path, want := range map[string]int{
		"/readyz": http.StatusOK, "/login": http.StatusOK, "/login/oidc": http.StatusBadGateway,
	} {
		answer, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s is answered with %d, want %d", path, answer.StatusCode, want)
		}
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	log := p.stderr.String()
	if !strings.Contains(log, "the OIDC provider cannot be used now: ") || !strings.Contains(log, "connection refused") {
		t.Errorf("the log does not say why: %s", log)
	}
	if strings.Contains(log, secret) {
		t.Errorf("the log has the secret")
	}
}

func TestWhereAnOIDCProviderLeadsBackTo(t *testing.T) {
	t.Parallel()
	public, err := origin.ParsePublic("https://licenses.example.org")
	if err != nil {
		t.Fatal(err)
	}
	const base = "http://127.0.0.1:8080"
	if got := callback(base, origin.Settings{}); got != base+"/login/oidc/callback" {
		t.Errorf("got %s", got)
	}
	if got := callback(base, origin.Settings{Public: public}); got != "https://licenses.example.org/login/oidc/callback" {
		t.Errorf("got %s", got)
	}
	for listen, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:0": true, "[::1]:8080": true, "127.1.2.3:1": true,
		"0.0.0.0:8080": false, ":8080": false, "[::]:8080": false, "example.org:80": false, "": false,
	} {
		if isOnThisMachine(listen) != want {
			t.Errorf("%q: got %t", listen, !want)
		}
	}
}
