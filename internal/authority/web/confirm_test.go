package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/postgres"
)

// begin begins a login of a client at an address.
func (f *fixture) begin(client, address string) authority.AuthRequest {
	f.Helper()
	begun, _, err := f.store.RequestLogin(authority.WithActor(f.Context(), authority.Actor{Address: address}), client)
	f.must(err)
	return begun
}

func (f *fixture) state(begun authority.AuthRequest) authority.LoginState {
	f.Helper()
	login, err := f.store.Login(f.Context(), begun.ID)
	f.must(err)
	return login.State
}

func pathOf(begun authority.AuthRequest) string { return "/auth/request/" + begun.ID }

func withCode(begun authority.AuthRequest) string { return pathOf(begun) + "?code=" + begun.Code }

func TestAMemberConfirmsALogin(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		begun := f.begin("lstk 1.4.0", "127.0.0.1")
		b := f.browser()
		login := "/login?" + url.Values{"next": {withCode(begun)}}.Encode()
		b.get(withCode(begun)).leads(login)
		b.get(login).is(http.StatusOK, "Log in")
		b.post("/login", "email", "ada@example.com", "password", rightPassword, "next", withCode(begun)).
			leads(withCode(begun))
		shown := b.get(withCode(begun)).is(http.StatusOK, "Does your terminal show the same code?", begun.Code, "lstk 1.4.0",
			"127.0.0.1", "ada@example.com", "November 21, 2026, 17:00 UTC", ">Confirm<", ">Deny<")
		if strings.Contains(shown.text, "not the address of this browser") {
			t.Error("the page says that the client is elsewhere")
		}
		b.get(withCode(begun))
		b.send(http.MethodHead, withCode(begun), "")
		b.get(withCode(begun) + "&decision=confirm")
		if f.state(begun) != authority.LoginOpen {
			t.Fatalf("a GET has made the login %s", f.state(begun))
		}
		confirm := []string{"code", begun.Code, "decision", "confirm"}
		b.post(pathOf(begun), confirm...).leads(withCode(begun))
		b.get(withCode(begun)).is(http.StatusOK, "Confirmed", "press a key there")
		if f.state(begun) != authority.LoginConfirmed {
			t.Errorf("the login is %s", f.state(begun))
		}
		b.post(pathOf(begun), confirm...).is(http.StatusOK, "Confirmed")
		b.post(pathOf(begun), "code", begun.Code, "decision", "deny").is(http.StatusOK, "Confirmed")
	})
}

func TestAMemberDeniesALogin(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		begun := f.begin("lstk 1.4.0", "203.0.113.7")
		b := f.loggedIn("ada@example.com")
		b.get(withCode(begun)).is(http.StatusOK, "203.0.113.7", "not the address of this browser")
		b.post(pathOf(begun), "code", begun.Code, "decision", "deny").leads(withCode(begun))
		b.get(withCode(begun)).is(http.StatusOK, "Denied", "gets no token")
		b.post(pathOf(begun), "code", begun.Code, "decision", "confirm").is(http.StatusOK, "Denied")
		if f.state(begun) != authority.LoginDenied {
			t.Errorf("the login is %s", f.state(begun))
		}
	})
}

func TestTheCodeOfALogin(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		begun, other := f.begin("lstk", "127.0.0.1"), f.begin("lstk", "127.0.0.1")
		b := f.loggedIn("ada@example.com")
		asked := b.get(pathOf(begun)).is(http.StatusOK, "Which code does your terminal show?")
		if strings.Contains(asked.text, begun.Code) {
			t.Error("the page shows the code that it asks for")
		}
		for _, wrong := range []string{other.Code, "x", "<b>", begun.Code + "X", "\x00\xff"} {
			query := url.Values{"code": {wrong}}.Encode()
			b.get(pathOf(begun)+"?"+query).is(http.StatusForbidden, "This is not the code of the login.")
			b.post(pathOf(begun), "code", wrong, "decision", "confirm").is(http.StatusForbidden, "This is not the code")
		}
		if f.state(begun) != authority.LoginOpen {
			t.Errorf("the login is %s", f.state(begun))
		}
		b.post(pathOf(begun), "code", begun.Code).is(http.StatusUnprocessableEntity, "Nothing was decided")
		typed := strings.ToLower(strings.ReplaceAll(begun.Code, "-", " "))
		b.get(pathOf(begun)+"?"+url.Values{"code": {typed}}.Encode()).is(http.StatusOK, "terminal show the same code?")
	})
}

func TestALoginThatCannotBeConfirmed(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		f.member("eve@example.com")
		expired := f.begin("lstk", "127.0.0.1")
		f.clock.Advance(authority.LoginLife)
		taken := f.begin("lstk", "127.0.0.1")
		ada, eve := f.loggedIn("ada@example.com"), f.loggedIn("eve@example.com")
		eve.post(pathOf(taken), "code", taken.Code, "decision", "confirm").leads(withCode(taken))
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for path, want := range map[string]struct {
				status int
				text   string
			}{
				withCode(expired):                   {http.StatusGone, "This login has expired"},
				withCode(taken):                     {http.StatusForbidden, "Somebody else has decided"},
				"/auth/request/unknown?code=X":      {http.StatusNotFound, "There is no such login"},
				"/auth/request/%00%ff?code=%00":     {http.StatusNotFound, "There is no such login"},
				"/auth/request/%0d%0aX:%20y?code=X": {http.StatusNotFound, "There is no such login"},
			} {
				code, _ := url.ParseQuery(path[strings.Index(path, "?")+1:])
				form := url.Values{"code": code["code"], "decision": {"confirm"}}
				ada.send(method, path, form.Encode()).is(want.status, want.text)
			}
		}
	})
}

func TestGuessingCodesIsLimited(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		begun := f.begin("lstk", "127.0.0.1")
		b := f.loggedIn("ada@example.com")
		var count int
		for range 100 {
			if b.post(pathOf(begun), "code", "BBBB-BBBB", "decision", "confirm").status == http.StatusForbidden {
				count++
			}
		}
		if count > 60 {
			t.Errorf("%d guesses were looked at", count)
		}
		limited := b.get(withCode(begun)).is(http.StatusTooManyRequests, "Too many attempts")
		if limited.header.Get("Retry-After") == "" {
			t.Error("the answer does not say when to try again")
		}
		f.clock.Advance(5 * time.Minute)
		b.get(withCode(begun)).is(http.StatusOK)
	})
}

func TestMarkupOfStrangersIsText(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	const markup = `"><script>alert(1)</script>`
	begun := f.begin(markup, "127.0.0.1")
	b := f.browser()
	b.headers["User-Agent"] = markup
	b.post("/login", "email", markup, "password", markup, "next", "/"+markup).is(http.StatusForbidden)
	b.post("/login", "email", "ada@example.com", "password", rightPassword).leads(first)
	for _, got := range []page{
		b.get(withCode(begun)).is(http.StatusOK, "&lt;script&gt;"), b.get("/sessions").is(http.StatusOK, "&lt;script&gt;"),
		b.get(pathOf(begun) + "?" + url.Values{"code": {markup}}.Encode()),
		b.get("/sessions?done=" + url.QueryEscape(markup)),
		f.browser().post("/login", "email", markup, "password", markup, "next", markup),
	} {
		if strings.Contains(got.text, "<script") {
			t.Errorf("the page has markup of a stranger: %s", got.text)
		}
	}
}
