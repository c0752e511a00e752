package web

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestAMemberLogsInAndOut(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		b := f.browser()
		b.get("/").is(http.StatusOK, "does not license LocalStack", "Log in")
		b.get("/sessions").leads("/login?next=%2Fsessions")
		b.get("/login?next=%2Fsessions").is(http.StatusOK, `name="next" value="/sessions"`)
		b.post("/login", "email", "ada@example.com", "password", "wrong horse", "next", "/sessions").
			is(http.StatusForbidden, "The email address or the password is wrong.", `value="ada@example.com"`,
				`value="/sessions"`)
		b.post("/login", "email", "ada@example.com", "password", rightPassword, "next", "/sessions").leads("/sessions")
		b.get("/sessions").is(http.StatusOK, "ada@example.com", "Firefox", "this browser", "127.0.0.1")
		b.get("/login").leads(first)
		old := b.cookies()
		b.post("/logout").leads("/login")
		if left := b.cookies(); len(left) != 0 {
			t.Errorf("the browser keeps %v", left)
		}
		b.restore(old)
		b.get("/sessions").leads("/login?next=%2Fsessions")
		b.post("/logout").leads("/login")
	})
}

func (b *browser) cookies() []*http.Cookie {
	at, err := url.Parse(b.base)
	b.must(err)
	return b.client.Jar.Cookies(at)
}

func (b *browser) restore(cookies []*http.Cookie) {
	at, err := url.Parse(b.base)
	b.must(err)
	b.client.Jar.SetCookies(at, cookies)
}

func TestTheCookieOfASession(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	form := []string{"email", "ada@example.com", "password", rightPassword}
	plain := f.browser().post("/login", form...).header.Values("Set-Cookie")
	if len(plain) != 1 || !strings.HasPrefix(plain[0], "authority-session=") ||
		!strings.HasSuffix(plain[0], "; Path=/; HttpOnly; SameSite=Lax") {
		t.Errorf("over http on this machine it is %q", plain)
	}
	secure := httptest.NewTLSServer(f.mux)
	defer secure.Close()
	b := f.browser()
	b.base, b.client.Transport = secure.URL, secure.Client().Transport
	over := b.post("/login", form...).header.Values("Set-Cookie")
	if len(over) != 1 || !strings.HasPrefix(over[0], "__Host-session=") ||
		!strings.HasSuffix(over[0], "; Path=/; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("over TLS it is %q", over)
	}
	b.get("/sessions").is(http.StatusOK)
	// A neighbor in the domain, or somebody on the way of an http page, can set a cookie without the prefix.
	value, _, _ := strings.Cut(strings.TrimPrefix(over[0], "__Host-session="), ";")
	b.client.Jar, _ = cookiejar.New(nil)
	b.headers["Cookie"] = "authority-session=" + value
	b.get("/sessions").leads("/login?next=%2Fsessions")
}

func TestALoginMakesANewSession(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		f.member("eve@example.com")
		eve := f.loggedIn("eve@example.com")
		planted := eve.cookies()
		ada := f.browser()
		ada.restore(planted)
		ada.post("/login", "email", "ada@example.com", "password", rightPassword).leads(first)
		if ada.cookies()[0].Value == planted[0].Value {
			t.Error("the session is the one that was planted")
		}
		ada.get("/sessions").is(http.StatusOK, "ada@example.com")
		eve.get("/sessions").leads("/login?next=%2Fsessions")
	})
}

func TestWhereALoginLeads(t *testing.T) {
	for next, want := range map[string]string{
		"":                         first,
		"/sessions":                "/sessions",
		"/auth/request/x?code=a-b": "/auth/request/x?code=a-b",
		"//evil.example":           first,
		"///evil.example":          first,
		`/\evil.example`:           first,
		`\\evil.example`:           first,
		"/\t/evil.example":         first,
		"/\r\nX: y":                first,
		"https://evil.example":     first,
		"https:evil.example":       first,
		"javascript:alert(1)":      first,
		"evil.example":             first,
		"/%2f/evil.example":        first,
		"/%5cevil.example":         "/%5cevil.example",
		"/a?next=//evil.example":   "/a?next=//evil.example",
		"/é":                       first,
		" /sessions":               first,
		"?x":                       first,
		"/%zz":                     first,
	} {
		if got := safeNext(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	for _, next := range []string{"/sessions", "//evil.example", `/\evil`, "/%09/evil", "/a/../..//evil", "/?x#//y"} {
		f.Add(next)
	}
	here, _ := url.Parse("https://licenses.example.com/login")
	f.Fuzz(func(t *testing.T, next string) {
		got := safeNext(next)
		to, err := here.Parse(got)
		if err != nil || to.Host != here.Host || to.Scheme != here.Scheme || strings.ContainsAny(got, "\r\n\t\\") {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

func TestTenThousandWrongPasswords(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	attempt := func(i int, address, email string) int {
		form := url.Values{"email": {email}, "password": {fmt.Sprint("wrong password number ", i)}}
		return f.direct(http.MethodPost, "/login", address, form).Code
	}
	began := time.Now()
	count := map[int]int{}
	spellings := []string{"ada@example.com", "ADA@Example.COM", "ada@\uff45xample.com", "ada@example\u3002com"}
	for i := range 5000 { // one account from many addresses
		count[attempt(i, fmt.Sprintf("[2001:db8:%x::1]:1", i), spellings[i%len(spellings)])]++
	}
	for i := range 5000 { // many accounts from one network
		count[attempt(i, fmt.Sprintf("[2001:db8:ffff:0:%x::1]:1", i), fmt.Sprintf("m%d@example.com", i))]++
	}
	// 10 for the account and 100 for the address: only these cost a hash.
	if count[http.StatusForbidden] != 110 || count[http.StatusTooManyRequests] != 9890 {
		t.Errorf("the answers are %v", count)
	}
	t.Logf("10,000 attempts took %s", time.Since(began))
	for _, spelling := range []string{"Ada@example.com", " ada@EXAMPLE.com ", "ada@ex\uff41mple.com"} {
		if got := attempt(0, "192.0.2.1:1", spelling); got != http.StatusTooManyRequests {
			t.Errorf("another spelling of the account is answered with %d", got)
		}
	}
	limited := f.direct(http.MethodPost, "/login", "192.0.2.1:1", url.Values{"email": {"ada@example.com"}})
	if limited.Code != http.StatusTooManyRequests || limited.Header().Get("Retry-After") != "60" ||
		!strings.Contains(limited.Body.String(), "Try again in 60 seconds.") {
		t.Errorf("a limited login is answered with %d %v %s", limited.Code, limited.Header(), limited.Body)
	}
	f.clock.Advance(time.Minute)
	right := url.Values{"email": {"ada@example.com"}, "password": {rightPassword}}
	if got := f.direct(http.MethodPost, "/login", "192.0.2.1:1", right).Code; got != http.StatusSeeOther {
		t.Errorf("after a minute the right password is answered with %d", got)
	}
}

func TestSessionsAreEndedFromAnotherBrowser(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		id := f.member("ada@example.com")
		f.member("eve@example.com")
		here, there, further := f.loggedIn("ada@example.com"), f.loggedIn("ada@example.com"), f.loggedIn("ada@example.com")
		eve := f.loggedIn("eve@example.com")
		sessions, err := f.store.Sessions(t.Context(), id)
		f.must(err)
		ids := map[string]bool{}
		for _, session := range sessions {
			ids[session.ID] = true
			eve.post("/sessions", "session", session.ID).is(http.StatusNotFound, "Nothing was ended")
		}
		if len(ids) != 3 {
			t.Fatalf("there are %d sessions", len(ids))
		}
		here.post("/sessions", "session", "others").leads("/sessions?done=sessions")
		here.get("/sessions?done=sessions").is(http.StatusOK, "All other sessions were ended.")
		for _, ended := range []*browser{there, further} {
			ended.get("/sessions").leads("/login?next=%2Fsessions")
		}
		eve.get("/sessions").is(http.StatusOK)
		again := f.loggedIn("ada@example.com")
		sessions, err = f.store.Sessions(t.Context(), id)
		f.must(err)
		here.post("/sessions", "session", sessions[0].ID).leads("/sessions?done=session")
		again.get("/sessions").leads("/login?next=%2Fsessions")
		here.post("/sessions", "session", sessions[0].ID).is(http.StatusNotFound)
		here.post("/sessions", "session", sessions[1].ID).leads("/login")
		here.get("/sessions").leads("/login?next=%2Fsessions")
	})
}

func TestASessionEndsWhenNobodyUsesIt(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		b := f.loggedIn("ada@example.com")
		f.clock.Advance(authority.SessionIdle - time.Minute)
		b.get("/sessions").is(http.StatusOK)
		f.store.Flush()
		f.clock.Advance(authority.SessionIdle - time.Minute)
		b.get("/sessions").is(http.StatusOK)
		f.store.Flush()
		f.clock.Advance(authority.SessionIdle)
		b.get("/sessions").leads("/login?next=%2Fsessions")
	})
}

func TestADatabaseThatIsGoneIsAProblemOfTheServer(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	f.must(os.Remove(filepath.Join(f.dir, authority.DatabaseFile)))
	b.get("/sessions").is(http.StatusInternalServerError, "This server has a problem")
	f.browser().post("/login", "email", "ada@example.com", "password", "wrong").is(http.StatusInternalServerError)
	f.browser().post("/login", "email", "ada@example.com", "password", rightPassword).is(http.StatusInternalServerError)
}

// A database that is slow, or a page that waits too long for its turn, may do better the next time.
func TestAPageThatWasWaitedForTooLongIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	got := fail(fmt.Errorf("authority.db does not answer: %w", context.DeadlineExceeded))
	if got.status != http.StatusServiceUnavailable || got.retryAfter != time.Minute || got.cause == nil {
		t.Errorf("the answer is %d, to be asked again after %s, with the cause %v", got.status, got.retryAfter, got.cause)
	}
}

// Another process, such as a backup program, may hold the lock for writing for a while.
func TestAChangeThatWaitsForALockForTooLongIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.dir, authority.DatabaseFile)+"?mode=rw&_txlock=immediate")
	f.must(err)
	defer db.Close()
	lock, err := db.BeginTx(t.Context(), nil)
	f.must(err)
	got := b.post("/sessions/name", "name", "Ada").is(http.StatusServiceUnavailable, "This server has a problem")
	if after := got.header.Get("Retry-After"); after != "60" {
		t.Errorf("to be asked again after %q", after)
	}
	f.must(lock.Rollback())
	b.post("/sessions/name", "name", "Ada").leads("/sessions?done=name")
}
