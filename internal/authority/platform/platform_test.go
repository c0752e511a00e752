package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/postgres"
)

const passwordText = "correct horse battery staple"

// fixture is the platform's API on an authority with one member, who is logged in.
type fixture struct {
	testing.TB
	dir     string
	store   *authority.Store
	clock   testkit.Clock
	mux     *http.ServeMux
	session authority.Session
}

// newFixture makes an authority in an empty PostgreSQL database, or in SQLite if there is no URL of one.
func newFixture(t testing.TB, database string) *fixture {
	t.Helper()
	f := &fixture{TB: t, dir: t.TempDir(), mux: http.NewServeMux()}
	var err error
	f.store, err = authority.Open(t.Context(), authority.Source{
		Dir: f.dir, Database: database, Create: true, Now: f.clock.Now,
	})
	f.must(err)
	t.Cleanup(func() { _ = f.store.Close() })
	f.addMember()
	for _, route := range Routes(f.store, Options{Now: f.clock.Now}) {
		for _, method := range route.Methods {
			f.mux.HandleFunc(method+" "+route.Path, func(w http.ResponseWriter, r *http.Request) {
				r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
				route.Answer(r).Write(w)
			})
		}
	}
	return f
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) addMember() {
	f.Helper()
	ctx := context.Background()
	workspace, err := f.store.FirstWorkspace(ctx)
	f.must(err)
	member, _, err := f.store.In(workspace.ID).AddMember(ctx, authority.NewMember{Email: "ada@example.com"})
	f.must(err)
	f.must(f.store.SetPassword(ctx, member.ID, credential.NewSecret(passwordText), ""))
	cookie, err := f.store.LogIn(ctx, "ada@example.com", credential.NewSecret(passwordText), "")
	f.must(err)
	session, err := f.store.Session(ctx, cookie)
	f.must(err)
	f.session = *session
}

// reply is an answer, with its JSON object.
type reply struct {
	status int
	text   string
	retry  string
	fields map[string]any
}

// send sends a request as lstk does, with a header Authorization unless that is empty.
func (f *fixture) send(method, target, body, authorization string) reply {
	f.Helper()
	request := httptest.NewRequest(method, "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	request.URL = &url.URL{Path: path, RawQuery: query}
	request.RequestURI = target
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	recorder := httptest.NewRecorder()
	f.mux.ServeHTTP(recorder, request)
	answer := reply{status: recorder.Code, text: recorder.Body.String(), retry: recorder.Header().Get("Retry-After")}
	asks := recorder.Header().Get("WWW-Authenticate")
	if (answer.status == http.StatusUnauthorized) != (asks == "Bearer") {
		f.Errorf("%s %.100q is answered with %d and asks for %q", method, target, answer.status, asks)
	}
	if answer.status >= 500 {
		f.Errorf("%s %.100q is answered with %d %s", method, target, answer.status, answer.text)
	}
	if recorder.Header().Get("Content-Type") == "application/json" {
		f.must(json.Unmarshal(recorder.Body.Bytes(), &answer.fields))
	}
	isError := answer.fields["error"] == true && answer.field("message") != "" && len(answer.text) <= 1024
	if answer.status >= 400 && !isError {
		f.Errorf("%s %.100q is refused with %.1100s, which has not the shape of an error", method, target, answer.text)
	}
	return answer
}

func (r reply) field(name string) string {
	text, _ := r.fields[name].(string)
	return text
}

// login is a login that was begun.
type login struct{ id, code, exchange string }

func (f *fixture) begin() login {
	f.Helper()
	begun := f.send("POST", "/v1/auth/request", `{"actor":"lstk","version":"1.4.0"}`, "")
	if begun.status != http.StatusCreated || len(begun.fields) != 3 {
		f.Fatalf("a login is answered with %d %s", begun.status, begun.text)
	}
	return login{begun.field("id"), begun.field("code"), begun.field("exchange_token")}
}

func (f *fixture) confirm(l login) {
	f.Helper()
	if decided, err := f.store.ConfirmLogin(context.Background(), l.id, l.code, f.session); !decided || err != nil {
		f.Fatal(decided, err)
	}
}

// confirmed asks whether a login is confirmed, with the secret as it is, as lstk does.
func (f *fixture) confirmed(l login) reply {
	f.Helper()
	return f.send("GET", "/v1/auth/request/"+l.id+"?exchange_token="+l.exchange, "", "")
}

func (f *fixture) exchange(l login) reply {
	f.Helper()
	return f.send("POST", "/v1/auth/request/"+l.id+"/exchange", fmt.Sprintf(`{"exchange_token":%q}`, l.exchange), "")
}

func (f *fixture) credentials(authorization string) reply {
	f.Helper()
	return f.send("GET", "/v1/license/credentials", "", authorization)
}

func TestALoginStepByStep(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		begun := f.begin()
		secret := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) // 32 bytes in base64url without padding
		if !secret.MatchString(begun.exchange) || url.PathEscape(begun.id) != begun.id ||
			url.QueryEscape(begun.code) != begun.code {
			t.Errorf("the login is %+v", begun)
		}
		if got := f.confirmed(begun); got.status != http.StatusOK || got.text != `{"confirmed":false}` {
			t.Errorf("before: %d %s", got.status, got.text)
		}
		if got := f.exchange(begun); got.status != http.StatusForbidden {
			t.Errorf("an exchange before: %d %s", got.status, got.text)
		}
		f.confirm(begun)
		if got := f.confirmed(begun); got.status != http.StatusOK || got.text != `{"confirmed":true}` {
			t.Errorf("after: %d %s", got.status, got.text)
		}
		exchanged := f.exchange(begun)
		bearer, ok := strings.CutPrefix(exchanged.field("auth_token"), "Bearer ")
		if exchanged.status != http.StatusOK || exchanged.field("id") != begun.id || len(exchanged.fields) != 2 || !ok ||
			!secret.MatchString(bearer) {
			t.Fatalf("the exchange: %d %s", exchanged.status, exchanged.text)
		}
		if got := f.exchange(begun); got.status != http.StatusForbidden {
			t.Errorf("a second exchange: %d %s", got.status, got.text)
		}
		fetched := f.credentials(exchanged.field("auth_token"))
		if fetched.status != http.StatusOK || len(fetched.fields) != 1 {
			t.Fatalf("the token: %d %s", fetched.status, fetched.text)
		}
		if got := f.credentials(exchanged.field("auth_token")); got.status != http.StatusUnauthorized {
			t.Errorf("a second token: %d %s", got.status, got.text)
		}
		found, err := f.store.Judge(t.Context(), credential.NewSecret(fetched.field("token")))
		if err != nil || found == nil || found.MemberID != f.session.MemberID ||
			!strings.HasPrefix(fetched.field("token"), "ls-") {
			t.Errorf("the token is %+v, %v", found, err)
		}
		if found != nil && found.Name != "lstk 1.4.0, 2026-11-21 17:00" {
			t.Errorf("the token is called %q", found.Name)
		}
		if got := f.confirmed(begun); got.text != `{"confirmed":true}` {
			t.Errorf("afterwards: %d %s", got.status, got.text)
		}
	})
}

func TestADeniedLoginIsNotConfirmed(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		begun := f.begin()
		if decided, err := f.store.DenyLogin(t.Context(), begun.id, begun.code, f.session); !decided || err != nil {
			t.Fatal(decided, err)
		}
		if got := f.confirmed(begun); got.status != http.StatusOK || got.text != `{"confirmed":false}` {
			t.Errorf("%d %s", got.status, got.text)
		}
		if got := f.exchange(begun); got.status != http.StatusForbidden {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

func TestALoginAndItsBearerExpire(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		begun, other := f.begin(), f.begin()
		f.confirm(begun)
		f.confirm(other)
		bearer := f.exchange(other).field("auth_token")
		f.clock.Advance(120 * time.Second)
		if got := f.credentials(bearer); got.status != http.StatusUnauthorized {
			t.Errorf("a bearer after 2 minutes: %d %s", got.status, got.text)
		}
		f.clock.Advance(480 * time.Second)
		if got := f.exchange(begun); got.status != http.StatusForbidden {
			t.Errorf("an exchange after 10 minutes: %d %s", got.status, got.text)
		}
		if got := f.confirmed(begun); got.text != `{"confirmed":false}` {
			t.Errorf("after 10 minutes: %d %s", got.status, got.text)
		}
	})
}
