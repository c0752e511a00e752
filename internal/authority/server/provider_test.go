package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/testkit/openid"
)

// A wrong setting of the OIDC provider is in the log before the first member wants to log in. The server runs anyway.
func TestTheLogOfAStartSaysThatTheProviderCannotBeUsed(t *testing.T) {
	t.Parallel()
	provider := openid.Start(t, time.Now)
	for issuer, want := range map[string]string{
		provider.Issuer():            "",
		provider.Issuer() + "/":      `calls itself \"` + provider.Issuer() + `\"`,
		provider.Issuer() + "/other": provider.Issuer() + "/other/.well-known/openid-configuration: 404 Not Found",
	} {
		asked := len(provider.Asked())
		f := newFixture(t, func(options *Options) {
			options.OIDC = oidc.New(oidc.Settings{Issuer: issuer, ClientID: "x"}, time.Now)
		})
		address, stop := f.serve()
		eventually(t, "the provider is asked", func() bool { return len(provider.Asked()) > asked })
		if want != "" {
			eventually(t, want, func() bool { return strings.Contains(f.log.String(), want) })
		}
		exchange(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 1)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if says := strings.Contains(f.log.String(), "OIDC"); says != (want != "") {
			t.Errorf("with %s, the log is\n%s", issuer, f.log.String())
		}
	}
}

// Anybody can come back from the provider with an answer that is none. The database has not failed then.
func TestALoginThatFailsIsNoErrorOfTheDatabase(t *testing.T) {
	t.Parallel()
	store, err := authority.Open(t.Context(), authority.Source{Dir: t.TempDir(), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	provider := openid.Start(t, time.Now)
	settings := oidc.Settings{Issuer: provider.Issuer(), ClientID: "x"}
	s := New(store, Options{OIDC: oidc.New(settings, time.Now)})
	get := func(path string, cookies ...*http.Cookie) *http.Response {
		r, w := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil), httptest.NewRecorder()
		r.RemoteAddr = "127.0.0.1:1"
		for _, one := range cookies {
			r.AddCookie(one)
		}
		s.ServeHTTP(w, r)
		return w.Result()
	}
	begun := get("/login/oidc")
	to, err := begun.Location()
	if err != nil {
		t.Fatal(err)
	}
	back := url.Values{"state": {to.Query().Get("state")}, "iss": {"https://other.example.com"}}
	if got := get("/login/oidc/callback?"+back.Encode(), begun.Cookies()...).StatusCode; got != http.StatusBadGateway {
		t.Errorf("the status is %d", got)
	}
	var counted strings.Builder
	err = get("/metrics").Write(&counted)
	if none := prefix + "database_errors_total 0"; err != nil || !strings.Contains(counted.String(), none) {
		t.Errorf("%v: %s", err, counted.String())
	}
}
