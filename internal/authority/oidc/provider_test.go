package oidc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/openid"
)

const callback = "https://licenses.example.com/login/oidc/callback"

// fixture is a provider that does what the test wants, and ours of it.
type fixture struct {
	*testing.T
	*Provider

	at    *openid.Provider
	clock testkit.Clock
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t}
	f.at = openid.Start(t, f.clock.Now)
	f.Provider = New(settings(f.at), f.clock.Now)
	return f
}

func settings(at *openid.Provider) Settings {
	return Settings{Issuer: at.Issuer(), ClientID: openid.ClientID, Secret: credential.NewSecret(openid.Secret)}
}

// logIn goes the way of a browser.
func (f *fixture) logIn() (Identity, error) {
	f.Helper()
	begun, location, err := f.Begin(f.Context(), callback)
	if err != nil {
		return Identity{}, err
	}
	back := f.visit(location)
	if back.Get("state") != begun.State {
		f.Fatalf("the state is %q, want %q", back.Get("state"), begun.State)
	}
	return f.Finish(f.Context(), begun, callback, back.Get("code"))
}

// visit logs in at the provider, and returns what it says to our callback.
func (f *fixture) visit(location string) url.Values {
	f.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(location)
	if err != nil {
		f.Fatal(err)
	}
	answer.Body.Close()
	to, err := answer.Location()
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		f.Fatalf("the provider leads to %v: %v", to, err)
	}
	return to.Query()
}

func TestALogin(t *testing.T) {
	f := newFixture(t)
	want := Identity{Issuer: f.at.Issuer(), Subject: "1", Email: "ada@example.com", EmailVerified: true}
	if got, err := f.logIn(); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatASecondLoginShares(t *testing.T) {
	f := newFixture(t)
	one, first, err := f.Begin(t.Context(), callback)
	two, second, err2 := f.Begin(t.Context(), callback)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if one.State == two.State || one.Nonce == two.Nonce || one.Verifier == two.Verifier {
		t.Errorf("two logins share something: %+v, %+v", one, two)
	}
	if _, err := f.Finish(t.Context(), two, callback, f.visit(first).Get("code")); !errors.Is(err, ErrCode) {
		t.Errorf("a code without its verifier: %v", err)
	}
	code := f.visit(second).Get("code")
	if _, err := f.Finish(t.Context(), two, callback+"2", code); !errors.Is(err, ErrCode) {
		t.Errorf("a code for another callback: %v", err)
	}
}

func TestACodeWorksOnce(t *testing.T) {
	f := newFixture(t)
	begun, location, err := f.Begin(t.Context(), callback)
	if err != nil {
		t.Fatal(err)
	}
	code := f.visit(location).Get("code")
	if _, err := f.Finish(t.Context(), begun, callback, code); err != nil {
		t.Error(err)
	}
	if _, err := f.Finish(t.Context(), begun, callback, code); !errors.Is(err, ErrCode) {
		t.Errorf("the second time: %v", err)
	}
}

func TestAClientThatTheProviderDoesNotKnow(t *testing.T) {
	f := newFixture(t)
	wrong := settings(f.at)
	wrong.Secret = credential.NewSecret("another secret")
	f.Provider = New(wrong, f.clock.Now)
	if _, err := f.logIn(); !errors.Is(err, ErrClient) {
		t.Errorf("got %v", err)
	}
}

func TestAProviderThatIsDownIsAskedAgain(t *testing.T) {
	f := newFixture(t)
	f.at.Answer[wellKnown] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, _, err := f.Begin(t.Context(), callback); !errors.Is(err, ErrUnreachable) {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	if asked := f.at.Asked(); len(asked) != 1 {
		t.Errorf("20 logins have asked %q", asked)
	}
	delete(f.at.Answer, wellKnown)
	if _, err := f.logIn(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("at once: %v", err)
	}
	f.clock.Advance(retryAfter)
	if _, err := f.logIn(); err != nil {
		t.Errorf("after a pause: %v", err)
	}
}

// A listener that accepts and says nothing is the worst that a network does.
func TestAProviderThatSaysNothingIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := New(Settings{Issuer: "http://" + silent.Addr().String(), ClientID: "x"}, time.Now)
	began := time.Now()
	if _, _, err := p.Begin(t.Context(), callback); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 2*requestWait {
		t.Errorf("it took %s", took)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Begin(gone, callback); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestADescriptionThatIsNotTheProviders(t *testing.T) {
	const notSafe = "must be an https URL"
	for name, spoil := range map[string]struct {
		description map[string]any
		want        string
	}{
		"another issuer": {map[string]any{"issuer": "https://other.example.com"},
			`but the provider there calls itself "https://other.example.com"`},
		"no issuer":                   {map[string]any{"issuer": ""}, `calls itself ""`},
		"a token endpoint in clear":   {map[string]any{"token_endpoint": "http://idp.example.com/t"}, notSafe},
		"keys in clear":               {map[string]any{"jwks_uri": "http://idp.example.com/k"}, notSafe},
		"no keys":                     {map[string]any{"jwks_uri": ""}, notSafe},
		"no token endpoint":           {map[string]any{"token_endpoint": ""}, notSafe},
		"userinfo in clear":           {map[string]any{"userinfo_endpoint": "http://idp.example.com/u"}, notSafe},
		"another kind of address":     {map[string]any{"authorization_endpoint": "javascript:alert(1)"}, notSafe},
		"an address without a server": {map[string]any{"authorization_endpoint": "/authorize"}, notSafe},
		"another type":                {map[string]any{"issuer": 1}, wellKnown + ": oidc: failed to decode"},
	} {
		f := newFixture(t)
		f.at.Description = spoil.description
		_, _, err := f.Begin(t.Context(), callback)
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), spoil.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAKeyThatIsReplaced(t *testing.T) {
	f := newFixture(t)
	if _, err := f.logIn(); err != nil {
		t.Fatal(err)
	}
	old := f.at.Key
	f.at.Key = openid.NewKey("second")
	f.at.Published = []*openid.Key{f.at.Key}
	if _, err := f.logIn(); err != nil {
		t.Errorf("with the new key: %v", err)
	}
	f.at.Key = old
	if _, err := f.logIn(); !errors.Is(err, ErrAnswer) {
		t.Errorf("with the old key: %v", err)
	}
}
