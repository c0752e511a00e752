package pages

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/conformance/kit/provider"
)

// newAuthorityWithOIDC starts an authority, and a provider with which its members can log in. To Chromium, they are two
// sites: localhost and 127.0.0.1.
func newAuthorityWithOIDC(t *testing.T) (*authority, *provider.Provider) {
	t.Helper()
	listener, err := net.Listen("tcp", freeAddress())
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(provider.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	a := newAuthority(t, "--oidc-issuer", "http://localhost:"+port, "--oidc-client-id", provider.ClientID,
		"--oidc-client-secret-file", secret, "--oidc-name", "Example SSO")
	return a, provider.Start(t, listener, a.URL+"/login/oidc/callback")
}

// atProvider logs a person in at the provider, whose page the browser shows.
func (b *browser) atProvider(person string) *browser {
	b.Helper()
	return b.Fill("Username:", person).Fill("Password:", provider.Password).Press("Login")
}

func TestLoginWithAProvider(t *testing.T) {
	t.Parallel()
	a, sso := newAuthorityWithOIDC(t)
	a.invite("ada@example.com", "--admin")
	sso.Person("1", "ada@example.com", true)
	sso.Person("2", "eve@example.com", true)
	b := newBrowser(t, a).As("Ada")
	b.Open("/sessions").Is(200, "Log in").Look("login-oidc")
	b.Press("Log in with Example SSO").atProvider("1").Is(200, "Your account").Shows("ada@example.com")
	if b.Path() != "/sessions" {
		t.Errorf("the login leads to %s", b.Path())
	}
	b.Press("Log out").Is(200, "Log in")
	stranger := newBrowser(t, a).As("Eve").Open("/login").Press("Log in with Example SSO").atProvider("2")
	stranger.Is(403, "You are not logged in with Example SSO").Shows("No member here has the address eve@example.com")
	stranger.Look("login-oidc-refused").Press("Log in").Is(200, "Log in")
	// The address is another one, and the key of the provider, too; the member is the same.
	sso.Person("1", "lovelace@example.com", true)
	sso.Rotate(t, false)
	b.Press("Log in with Example SSO").atProvider("1").Open("/sessions").Is(200, "Your account").Shows("ada@example.com")
	for _, secret := range []string{provider.Secret, provider.Password, "code=", "eyJ"} {
		if strings.Contains(a.log.String(), secret) {
			t.Errorf("the log has %q", masked(secret))
		}
	}
}

// A link that ends a login which this browser has not begun: its user would be logged in as whoever has begun it.
func TestALoginWithAProviderEndsInTheBrowserThatBeganIt(t *testing.T) {
	t.Parallel()
	a, sso := newAuthorityWithOIDC(t)
	a.invite("ada@example.com")
	sso.Person("1", "ada@example.com", true)
	b := newBrowser(t, a).As("Ada")
	foreign := "/login/oidc/callback?code=of-somebody-else&state=AAAAAAAAAAAAAAAAAAAAAAAAAA"
	b.Open(foreign).Is(403, "You are not logged in with Example SSO").Shows("not started in this browser")
	b.Open("/login").Press("Log in with Example SSO")
	b.Open(foreign).Is(403, "You are not logged in with Example SSO")
	b.Open("/sessions").Is(200, "Log in")
	b.Press("Log in with Example SSO").atProvider("1").Open("/sessions").Is(200, "Your account")
}
