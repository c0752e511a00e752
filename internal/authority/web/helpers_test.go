package web

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
)

const rightPassword = "correct horse battery staple"

// fixture is the pages of an authority, on a server on this machine, without TLS.
type fixture struct {
	testing.TB
	dir    string
	store  *authority.Store
	clock  testkit.Clock
	site   *Site
	mux    *http.ServeMux
	server *httptest.Server
}

// newFixture makes an authority in an empty PostgreSQL database, or in SQLite if there is no URL of one.
func newFixture(t testing.TB, database string) *fixture {
	t.Helper()
	return newFixtureIn(t, t.TempDir(), database)
}

// newFixtureIn is newFixture with the authority in a directory, which it makes unless there is one.
func newFixtureIn(t testing.TB, dir, database string) *fixture {
	t.Helper()
	f := &fixture{TB: t, dir: dir, mux: http.NewServeMux()}
	var err error
	f.store, err = authority.Open(context.Background(), authority.Source{
		Dir: f.dir, Database: database, Create: true, Now: f.clock.Now, Passwords: quickPasswords{},
	})
	f.must(err)
	t.Cleanup(func() { _ = f.store.Close() })
	f.site = New(f.store, EveryPage(f.clock.Now))
	f.site.Register(f.mux)
	f.server = httptest.NewServer(f.mux)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// invite adds a member, and returns the path of the link by which they join.
func (f *fixture) invite(email string) string {
	f.Helper()
	workspace, err := f.store.FirstWorkspace(context.Background())
	f.must(err)
	_, invite, err := f.store.In(workspace.ID).AddMember(context.Background(), authority.NewMember{Email: email})
	f.must(err)
	return "/invite/" + invite.Secret.Reveal()
}

// member adds a member with rightPassword, and returns their ID.
func (f *fixture) member(email string) string {
	f.Helper()
	f.invite(email)
	workspace, err := f.store.FirstWorkspace(context.Background())
	f.must(err)
	member, err := f.store.In(workspace.ID).Member(context.Background(), email)
	f.must(err)
	f.must(f.store.SetPassword(context.Background(), member.ID, credential.NewSecret(rightPassword), ""))
	return member.ID
}

// browser is a browser of a visitor. It follows no redirect by itself.
type browser struct {
	*fixture
	client *http.Client
	base   string
	// headers are sent with each request.
	headers map[string]string
}

func (f *fixture) browser() *browser {
	jar, err := cookiejar.New(nil)
	f.must(err)
	client := &http.Client{
		Jar:           jar,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &browser{
		fixture: f, base: f.server.URL, headers: map[string]string{"User-Agent": "Firefox"}, client: client,
	}
}

// loggedIn is a browser of a member who is logged in.
func (f *fixture) loggedIn(email string) *browser {
	f.Helper()
	b := f.browser()
	b.post("/login", "email", email, "password", rightPassword).is(http.StatusSeeOther)
	return b
}

// page is what a browser has got.
type page struct {
	*browser
	status int
	header http.Header
	text   string
}

func (b *browser) get(path string) page {
	b.Helper()
	return b.send(http.MethodGet, path, "")
}

// post sends a form with names and values.
func (b *browser) post(path string, form ...string) page {
	b.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	return b.send(http.MethodPost, path, values.Encode())
}

func (b *browser) send(method, path, body string) page {
	b.Helper()
	request, err := http.NewRequest(method, b.base+path, strings.NewReader(body))
	b.must(err)
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.headers {
		if name == "Host" {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	response, err := b.client.Do(request)
	b.must(err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	b.must(err)
	return page{browser: b, status: response.StatusCode, header: response.Header, text: string(content)}
}

// is checks the status, and that the page has the texts.
func (p page) is(status int, texts ...string) page {
	p.Helper()
	if p.status != status {
		p.Fatalf("the status is %d, want %d: %s", p.status, status, p.text)
	}
	for _, text := range texts {
		if !strings.Contains(p.text, text) {
			p.Errorf("the page does not have %q:\n%s", text, p.text)
		}
	}
	return p
}

// leads checks where a redirect leads to.
func (p page) leads(location string) page {
	p.Helper()
	if p.is(http.StatusSeeOther).header.Get("Location") != location {
		p.Errorf("the redirect leads to %q, want %q", p.header.Get("Location"), location)
	}
	return p
}

// direct answers a request without a network, as if it came from an address over TLS.
func (f *fixture) direct(method, path, address string, form url.Values) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "https://licenses.example.com"+path, strings.NewReader(form.Encode()))
	request.RemoteAddr = address
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	f.mux.ServeHTTP(recorder, request)
	return recorder
}

// newRequest is a request for the login from an address, over TLS or not.
func newRequest(method, host, address string, secure bool) *http.Request {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	request := httptest.NewRequest(method, scheme+"://host/login", nil)
	request.Host, request.RemoteAddr = host, address
	return request
}

func serve(handler http.Handler, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}
