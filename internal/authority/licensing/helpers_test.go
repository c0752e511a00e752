package licensing_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

// fixture is an authority in a directory of its own.
type fixture struct {
	*testing.T
	source  authority.Source
	dir     string
	clock   testkit.Clock
	store   *authority.Store
	handler http.Handler
}

// newFixture makes an authority in an empty PostgreSQL database, or in SQLite if there is no URL of one. Tests run on
// both with [postgres.OnBoth].
func newFixture(t *testing.T, database string, options server.Options) *fixture {
	t.Helper()
	f := &fixture{T: t, dir: t.TempDir()}
	f.source = authority.Source{Dir: f.dir, Database: database, Create: true, Now: f.clock.Now}
	f.store = f.open()
	f.handler = f.serve(options)
	return f
}

// serve is a server on the fixture's store and clock.
func (f *fixture) serve(options server.Options) http.Handler {
	options.Licensing.Now = f.clock.Now
	return server.New(f.store, options)
}

// open opens the fixture's authority, once more if need be.
func (f *fixture) open() *authority.Store {
	f.Helper()
	store, err := authority.Open(f.Context(), f.source)
	f.must(err)
	f.Cleanup(func() { f.must(store.Close()) })
	return store
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// token makes a developer's token with a license, and returns what is known
// of it and the token itself.
func (f *fixture) token() (authority.Token, string) {
	f.Helper()
	return f.tokenOf(authority.NewToken{Kind: authority.Developer})
}

func (f *fixture) tokenOf(wanted authority.NewToken) (authority.Token, string) {
	f.Helper()
	token, secret, err := f.store.CreateToken(f.Context(), wanted)
	f.must(err)
	return token, secret.Reveal()
}

// stranger is a token of another authority.
func stranger(t testing.TB, kind authority.Kind) string {
	t.Helper()
	other, err := authority.Open(t.Context(), authority.Source{Dir: t.TempDir(), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, secret, err := other.CreateToken(t.Context(), authority.NewToken{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal()
}

// post sends a body: a string as it is, anything else as JSON.
func (f *fixture) post(path string, body any) *httptest.ResponseRecorder {
	f.Helper()
	text, plain := body.(string)
	if !plain {
		raw, err := json.Marshal(body)
		f.must(err)
		text = string(raw)
	}
	return f.send(http.MethodPost, path, text)
}

func (f *fixture) send(method, path, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	f.handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	return recorder
}

// document sends a request that must succeed.
func (f *fixture) document(path string, body any) license.Document {
	f.Helper()
	reply := f.post(path, body)
	if reply.Code != http.StatusOK {
		f.Fatalf("%s answers %d %s", path, reply.Code, reply.Body)
	}
	document, err := license.Parse(reply.Body.Bytes())
	f.must(err)
	return document
}

// refusal is an answer that is no document.
type refusal struct {
	status  int
	message string
}

var (
	malformedCredentials = refusal{http.StatusBadRequest, license.MessageCredentialsFormat}
	invalidCredentials   = refusal{http.StatusForbidden, license.MessageCredentialsInvalid}
	rateLimited          = refusal{http.StatusTooManyRequests, license.MessageRateLimited}
	noLicense            = refusal{http.StatusBadRequest, license.MessageNotFound}
)

// refused fails the test unless a reply is this refusal.
func (f *fixture) refused(reply *httptest.ResponseRecorder, want refusal) {
	f.Helper()
	var got license.ErrorBody
	if err := json.Unmarshal(reply.Body.Bytes(), &got); err != nil {
		f.Fatalf("the body is not JSON: %v: %.200s", err, reply.Body)
	}
	if reply.Code != want.status || got.Message != want.message || !got.Error {
		f.Errorf("got %d %+v, want %v", reply.Code, got, want)
	}
	if kind := reply.Header().Get("Content-Type"); kind != "application/json" {
		f.Errorf("the Content-Type is %q", kind)
	}
}

// Ways to make a license unusable, by its ID or its token's.
func suspend(f *fixture, id string) error {
	return f.store.SetStatus(f.Context(), id, license.StatusSuspended)
}
func unassign(f *fixture, id string) error { return f.store.Unassign(f.Context(), id) }
func expire(f *fixture, id string) error   { return f.store.Expire(f.Context(), id, f.clock.Now()) }

const (
	requestPath  = "/v1/license/request"
	activatePath = "/v1/license/activate"
)

// asking is a request as the container sends it.
func asking(token string) license.Request {
	return license.Request{
		Credentials: license.Credentials{Type: license.AuthToken, Token: token},
		Product:     license.Product{Name: license.ProductName, Version: "4.14.0"},
		Machine:     license.Machine{ID: "dkr_0123456789ab", System: "Linux(Container),6.1.0,x86_64"},
	}
}

// askingWith is asking, changed.
func askingWith(token string, change func(*license.Request)) license.Request {
	request := asking(token)
	change(&request)
	return request
}

// keeping names where the fixture keeps any of the texts: files, and tables of PostgreSQL.
func (f *fixture) keeping(texts ...string) (found []string) {
	f.Helper()
	contains := func(content string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(content, text) })
	}
	f.must(filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if contains(string(content)) {
			found = append(found, path)
		}
		return err
	}))
	if f.source.Database != "" {
		var content string
		f.must(f.elsewhere().QueryRowContext(f.Context(),
			"SELECT schema_to_xml(current_schema(), true, false, '')::text").Scan(&content))
		if contains(content) {
			found = append(found, "PostgreSQL")
		}
	}
	return found
}
