package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority/origin"
)

func TestEveryAnswerHasTheSameHeaders(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	for _, got := range []page{
		b.get("/"), b.get("/sessions"), b.get("/login"), b.get("/auth/request/unknown"), b.get("/style.css"),
		f.browser().get("/login"), f.browser().get("/sessions"),
		f.browser().post("/login", "email", "ada@example.com", "password", "wrong"),
	} {
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff",
			"X-Frame-Options":         "DENY",
			"Referrer-Policy":         "same-origin",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%d: %s is %q, want %q", got.status, name, got.header.Get(name), want)
			}
		}
		if strings.HasPrefix(got.text, "<") && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("a page may be kept: %s", got.header.Get("Cache-Control"))
		}
		if strings.Contains(got.text, "<script") || strings.Contains(got.text, "style=") {
			t.Errorf("the page has what its policy forbids: %s", got.text)
		}
	}
}

// It is no browser that sends neither of the headers. It needs a session like any other.
func TestAFormWithoutOriginAndFetchMetadataNeedsASession(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	f.browser().post("/sessions", "session", "others").leads("/login?next=%2Fsessions")
	f.loggedIn("ada@example.com").post("/sessions", "session", "others").leads("/sessions?done=sessions")
}

func TestTheWayToThePages(t *testing.T) {
	f := newFixture(t, "")
	for name, request := range map[string]struct {
		host, address string
		secure        bool
		want          int
	}{
		"TLS":                               {"licenses.example.com", "192.0.2.1:1", true, http.StatusOK},
		"http from elsewhere":               {"licenses.example.com", "192.0.2.1:1", false, http.StatusForbidden},
		"http from elsewhere as localhost":  {"localhost", "192.0.2.1:1", false, http.StatusForbidden},
		"http on this machine":              {"localhost:8080", "127.0.0.1:1", false, http.StatusOK},
		"http on this machine, IPv6":        {"[::1]:8080", "[::1]:1", false, http.StatusOK},
		"a foreign name for this machine":   {"evil.example", "127.0.0.1:1", false, http.StatusMisdirectedRequest},
		"a foreign name, with our port":     {"evil.example:8080", "[::1]:1", false, http.StatusMisdirectedRequest},
		"a name that begins like this host": {"localhost.evil.example", "127.0.0.1:1", false, http.StatusMisdirectedRequest},
		"an address that begins like it":    {"127.0.0.1.evil.example", "127.0.0.1:1", false, http.StatusMisdirectedRequest},
		"no name":                           {"", "127.0.0.1:1", false, http.StatusMisdirectedRequest},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := newRequest(method, request.host, request.address, request.secure)
			got := serve(f.mux, r)
			if want := request.want; got.Code != want && (method == http.MethodGet || want != http.StatusOK) {
				t.Errorf("%s: %s is answered with %d, want %d: %s", name, method, got.Code, want, got.Body)
			}
			if got.Result().Header.Get("Set-Cookie") != "" || strings.Contains(got.Body.String(), "evil.example") {
				t.Errorf("%s: the answer takes something over: %v %s", name, got.Result().Header, got.Body)
			}
		}
	}
}

func TestAFormOfAnyContent(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	for _, body := range []string{
		"%", "%zz=1", "\x00\xff", "session=%00%ff", "session=" + url.QueryEscape("' OR 1=1 --"), "a=b;c=d",
	} {
		if got := b.send(http.MethodPost, "/sessions", body); got.status != http.StatusNotFound {
			t.Errorf("%q is answered with %d", body, got.status)
		}
	}
}

// A trusted proxy says how it was asked, and for whom; anybody else can write the same.
func TestBehindAProxy(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	var trusted origin.Networks
	f.must(trusted.Set("127.0.0.1"))
	for name, way := range map[string]struct {
		proxies origin.Networks
		proto   string
		status  int
		cookie  string
	}{
		"https":              {trusted, "https", http.StatusSeeOther, "__Host-session="},
		"http":               {trusted, "http", http.StatusForbidden, ""},
		"no proto":           {trusted, "", http.StatusForbidden, ""},
		"https, not trusted": {nil, "https", http.StatusForbidden, ""},
	} {
		settings := origin.Settings{Proxies: way.proxies}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, _ := settings.With(r.Context(), r)
			f.mux.ServeHTTP(w, r.WithContext(ctx))
		}))
		b := f.browser()
		b.base = server.URL
		b.headers["Host"], b.headers["X-Forwarded-For"] = "licenses.example.com", "203.0.113.9"
		if way.proto != "" {
			b.headers["X-Forwarded-Proto"] = way.proto
		}
		got := b.post("/login", "email", "ada@example.com", "password", rightPassword)
		if cookie := got.header.Get("Set-Cookie"); got.status != way.status || !strings.HasPrefix(cookie, way.cookie) {
			t.Errorf("%s: the login is answered with %d and %q", name, got.status, cookie)
		}
		server.Close()
	}
	sessions, err := f.store.Sessions(t.Context(), "")
	f.must(err)
	if len(sessions) != 1 || sessions[0].Address != "203.0.113.9" {
		t.Errorf("the sessions are %+v", sessions)
	}
}
