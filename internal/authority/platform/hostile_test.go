package platform

import (
	"database/sql"
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestABearerOpensNothingElse(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		begun := f.begin()
		f.confirm(begun)
		bearer := f.exchange(begun).field("auth_token")
		raw := strings.TrimPrefix(bearer, "Bearer ")
		if found, err := f.store.Judge(t.Context(), credential.NewSecret(raw)); found != nil {
			t.Errorf("it is a token: %v", err)
		}
		if session, err := f.store.Session(t.Context(), credential.NewSecret(raw)); session != nil || err != nil {
			t.Errorf("it is a session: %v", err)
		}
		if got := f.confirmed(login{id: begun.id, exchange: raw}); got.status != http.StatusNotFound {
			t.Errorf("it is an exchange token: %d", got.status)
		}
		for _, wrong := range []string{
			"", raw, "Basic " + raw, "Bearer", "Bearer ", "Bearer  " + raw, bearer + " ", "Bearer " + begun.exchange,
			"Basic " + base64.StdEncoding.EncodeToString([]byte(":"+raw)), "Bearer " + raw + "\x00",
		} {
			if got := f.credentials(wrong); got.status != http.StatusUnauthorized {
				t.Errorf("%q: %d %s", wrong, got.status, got.text)
			}
		}
		if got := f.credentials("bearer " + raw); got.status != http.StatusOK {
			t.Errorf("the scheme in lower case: %d %s", got.status, got.text)
		}
	})
}

func TestSnapshotsAreNotInThePlan(t *testing.T) {
	f := newFixture(t, "")
	for _, target := range []string{"/v1/cloudpods", "/v1/cloudpods?creator=me", "/v1/cloudpods/my-pod"} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			got := f.send(method, target, "", "Basic "+base64.StdEncoding.EncodeToString([]byte(":ls-whatever")))
			if got.status != http.StatusForbidden || !strings.HasPrefix(got.field("message"), "generic.forbidden") {
				t.Errorf("%s %s: %d %s", method, target, got.status, got.text)
			}
		}
	}
}

func TestBodiesThatAreNoneAreNoVerdict(t *testing.T) {
	f := newFixture(t, "")
	begun := f.begin()
	for _, body := range []string{
		"", "{", `{"actor":"lstk","versi`, "null", "[]", `"lstk"`, `{"actor":1}`, `{"exchange_token":{}}`, "<html>", "\x00",
	} {
		want := http.StatusUnprocessableEntity
		exchange := "/v1/auth/request/" + begun.id + "/exchange"
		if got := f.send("POST", exchange, body, ""); got.status != want && body != `{"actor":1}` {
			t.Errorf("%q: %d %s", body, got.status, got.text)
		}
		if got := f.send("POST", "/v1/auth/request", body, ""); got.status != want && body != `{"exchange_token":{}}` {
			t.Errorf("%q: %d %s", body, got.status, got.text)
		}
	}
	large := `{"actor":"` + strings.Repeat("x", 10<<20) + `"}`
	if got := f.send("POST", "/v1/auth/request", large, ""); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB: %d %s", got.status, got.text)
	}
}

func TestWhatAClientCallsItselfIsPlainText(t *testing.T) {
	f := newFixture(t, "")
	for sent, want := range map[string]string{
		`{}`: "a client that did not say its name",
		`{"actor":"lstk","version":"1.0","more":[1,{"x":null}]}`: "lstk 1.0",
		`{"actor":"a\u0000b\r\nc\u202ed","version":"🐎"}`:         "abcd 🐎",
		`{"actor":"` + strings.Repeat("é", 5000) + `"}`:          strings.Repeat("é", 100),
		"{\"actor\":\"\xff\"}":                                   "\ufffd",
	} {
		begun := f.send("POST", "/v1/auth/request", sent, "")
		found, err := f.store.Login(t.Context(), begun.field("id"))
		if err != nil || found == nil || found.Client != want {
			t.Errorf("%.60q: %+v, %v", sent, found, err)
		}
	}
}

func TestAnAddressBeginsSomeLoginsAndGuessesSomeTimes(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		known := f.begin()
		for i := 1; i < limitOfLogins.Requests; i++ {
			f.confirm(f.begin())
		}
		if got := f.send("POST", "/v1/auth/request", "{}", ""); got.status != http.StatusTooManyRequests || got.retry == "" {
			t.Errorf("one too many: %d %s", got.status, got.text)
		}
		wrong := login{id: known.id, exchange: "wrong"}
		for i := range limitOfGuesses.Requests {
			if got := f.confirmed(wrong); got.status != http.StatusNotFound {
				t.Fatalf("guess %d: %d %s", i, got.status, got.text)
			}
		}
		for name, got := range map[string]reply{
			"status": f.confirmed(wrong), "exchange": f.exchange(wrong), "credentials": f.credentials("Bearer wrong"),
		} {
			if got.status != http.StatusTooManyRequests || got.retry == "" {
				t.Errorf("%s, one too many: %d %s", name, got.status, got.text)
			}
		}
		if got := f.confirmed(known); got.status != http.StatusOK {
			t.Errorf("the right secret is limited, too: %d %s", got.status, got.text)
		}
	})
}

// lstk deletes what it has stored on 400, 401 and 403.
func TestADatabaseThatIsGoneIsNoVerdict(t *testing.T) {
	for name, destroy := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"replaced": func(path string) error {
			return os.Rename(path, path+".old")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "")
			begun, other := f.begin(), f.begin()
			f.confirm(begun)
			f.confirm(other)
			bearer := f.exchange(other).field("auth_token")
			f.must(destroy(filepath.Join(f.dir, authority.DatabaseFile)))
			for step, ask := range map[string]func(*fixture) reply{
				"begin":       func(f *fixture) reply { return f.send("POST", "/v1/auth/request", "{}", "") },
				"status":      func(f *fixture) reply { return f.confirmed(begun) },
				"guess":       func(f *fixture) reply { return f.confirmed(login{id: "x", exchange: "y"}) },
				"exchange":    func(f *fixture) reply { return f.exchange(begun) },
				"credentials": func(f *fixture) reply { return f.credentials(bearer) },
				"bearer":      func(f *fixture) reply { return f.credentials("Bearer wrong") },
			} {
				f.TB = silent{t} // a 5xx is what the test wants
				if got := ask(f); got.status < 500 || len(got.text) > 1024 {
					t.Errorf("%s: %d %s", step, got.status, got.text)
				}
			}
		})
	}
}

// silent reports no errors of a helper.
type silent struct{ testing.TB }

func (silent) Errorf(string, ...any) {}

func FuzzExchangeToken(f *testing.F) {
	fixture := newFixture(f, "")
	begun := fixture.begin()
	fixture.confirm(begun)
	for b := range 256 {
		f.Add(begun.id, string(rune(b)), []byte{byte(b)})
	}
	f.Add(begun.id, begun.exchange[:42], []byte(`{"exchange_token":"`+begun.exchange[:42]+`"}`))
	f.Fuzz(func(t *testing.T, id, exchange string, body []byte) {
		if exchange == begun.exchange || strings.Contains(string(body), begun.exchange) || strings.Trim(id, ".") == "" {
			return
		}
		id = url.PathEscape(id)
		fixture.TB = t
		for _, got := range []reply{
			fixture.confirmed(login{id: id, exchange: exchange}),
			fixture.send("POST", "/v1/auth/request/"+id+"/exchange", string(body), ""),
			fixture.credentials(exchange),
		} {
			if got.status == http.StatusOK {
				t.Errorf("%q %q %q is answered with %s", id, exchange, body, got.text)
			}
		}
	})
}

// Another program that writes to the database, such as a backup, holds up what has to be written, and nothing else.
func TestAWriteLockOfAnotherProgramIsNoVerdict(t *testing.T) {
	f := newFixture(t, "")
	begun, other := f.begin(), f.begin()
	f.confirm(begun)
	f.confirm(other)
	bearer := f.exchange(other).field("auth_token")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.dir, authority.DatabaseFile)+"?mode=rw&_txlock=immediate")
	f.must(err)
	defer db.Close()
	lock, err := db.Begin()
	f.must(err)
	if got := f.confirmed(begun); got.text != `{"confirmed":true}` {
		t.Errorf("a question is answered with %d %s", got.status, got.text)
	}
	f.TB = silent{t} // a 5xx is what the test wants
	var group sync.WaitGroup
	for step, ask := range map[string]func() reply{
		"begin":       func() reply { return f.send("POST", "/v1/auth/request", "{}", "") },
		"exchange":    func() reply { return f.exchange(begun) },
		"credentials": func() reply { return f.credentials(bearer) },
	} {
		group.Go(func() {
			if got := ask(); got.status < 500 {
				t.Errorf("%s is answered with %d %s", step, got.status, got.text)
			}
		})
	}
	group.Wait()
	f.must(lock.Rollback())
	f.TB = t
	if got := f.credentials(bearer); got.status != http.StatusOK {
		t.Errorf("afterwards the bearer is answered with %d %s", got.status, got.text)
	}
	if got := f.exchange(begun); got.status != http.StatusOK {
		t.Errorf("afterwards the exchange is answered with %d %s", got.status, got.text)
	}
}
