package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/openid"
	"localstack-entrypoint/internal/testkit/postgres"
)

// withOIDC is the pages of an authority with an OIDC provider.
type withOIDC struct {
	*fixture

	provider *openid.Provider
}

func newWithOIDC(t testing.TB, database string) *withOIDC {
	t.Helper()
	f := &withOIDC{fixture: newFixture(t, database)}
	f.provider = openid.Start(t, f.clock.Now)
	f.serve()
	return f
}

// serve has the server serve pages that know of nothing yet.
func (f *withOIDC) serve() {
	f.site = New(f.store, Options{Now: f.clock.Now, OIDC: oidc.New(oidc.Settings{
		Issuer: f.provider.Issuer(), ClientID: openid.ClientID, Secret: credential.NewSecret(openid.Secret),
		Name: "Example <SSO>",
	}, f.clock.Now)})
	f.mux = http.NewServeMux()
	f.site.Register(f.mux)
	f.server.Config.Handler = f.mux
}

// begins begins a login, and returns where the provider leads the browser back to.
func (f *withOIDC) begins(b *browser, next string) string {
	f.Helper()
	begun := b.get(beginPath + "?" + url.Values{"next": {next}}.Encode()).is(http.StatusSeeOther)
	at := &browser{fixture: f.fixture, client: b.client, headers: b.headers}
	back := at.get(begun.header.Get("Location")).is(http.StatusFound).header.Get("Location")
	path, ok := strings.CutPrefix(back, b.base)
	if !ok || !strings.HasPrefix(path, CallbackPath+"?") {
		f.Fatalf("the provider leads to %q", back)
	}
	return path
}

// attempt is the cookie of a login that the browser has begun; empty if it has none.
func (b *browser) attempt() string {
	for _, cookie := range b.cookies() {
		if cookie.Name == "oidc" {
			return cookie.Value
		}
	}
	return ""
}

func TestAMemberLogsInWithAProvider(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newWithOIDC(t, database)
		f.invite("ada@example.com")
		b := f.browser()
		begin := b.base + beginPath + "?next=%2Fsessions"
		b.get("/login?next=/sessions").is(http.StatusOK, `href="`+begin+`"`, "Log in with Example &lt;SSO&gt;", "Password")
		b.post("/login", "email", "x", "password", "y", "next", "/sessions").is(http.StatusForbidden, `href="`+begin+`"`)
		b.get(f.begins(b, "/sessions")).leads("/sessions")
		b.get("/sessions").is(http.StatusOK, "ada@example.com", "Firefox")
		if b.attempt() != "" || len(b.cookies()) != 1 {
			t.Errorf("the browser keeps %v", b.cookies())
		}
		b.get(beginPath + "?next=/sessions").leads("/sessions")
		b.post("/logout").leads("/login")
		f.provider.Claims["email"], f.provider.Claims["email_verified"] = "lovelace@example.com", false
		b.get(f.begins(b, first)).leads(first)
		b.get("/sessions").is(http.StatusOK, "ada@example.com")
	})
}

func TestAServerWithoutAProvider(t *testing.T) {
	f := newFixture(t, "")
	b := f.browser()
	for _, path := range []string{beginPath, CallbackPath, CallbackPath + "?code=x&state=y"} {
		got := b.get(path).is(http.StatusNotFound, "There is no such login")
		if len(got.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
	if text := b.get("/login").text; strings.Contains(text, beginPath) {
		t.Errorf("the login has a link to it: %s", text)
	}
}

func TestTheCookieOfALoginWithAProvider(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	set := f.browser().get(beginPath).header.Values("Set-Cookie")
	if len(set) != 1 || !strings.HasPrefix(set[0], "oidc=") ||
		!strings.HasSuffix(set[0], "; Path=/; Max-Age=600; HttpOnly; SameSite=Lax") {
		t.Errorf("over http on this machine it is %q", set)
	}
	request := httptest.NewRequest(http.MethodGet, "https://licenses.example.com"+beginPath, nil)
	over := serve(f.mux, request).Header().Values("Set-Cookie")
	if len(over) != 1 || !strings.HasPrefix(over[0], "__Host-oidc=") ||
		!strings.HasSuffix(over[0], "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("over TLS it is %q", over)
	}
	long := "/" + strings.Repeat("%2f", 333)
	most := f.browser().get(beginPath + "?" + url.Values{"next": {long}}.Encode()).header.Get("Set-Cookie")
	if len(most) > 4096 {
		t.Errorf("a browser takes no cookie of %d bytes", len(most))
	}
}

// Login CSRF: somebody has another browser end a login that they have begun, so that it is logged in as them.
func TestALoginEndsInTheBrowserThatBeganIt(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	eve, ada := f.browser(), f.browser()
	theirs := f.begins(eve, first)
	const refused = "not started in this browser"
	ada.get(theirs).is(http.StatusForbidden, refused)
	own := f.begins(ada, first)
	ada.get(theirs).is(http.StatusForbidden, refused)
	if ada.attempt() == "" {
		t.Error("somebody else's link ends the login of a browser")
	}
	state := func(path, value string) string {
		at, err := url.Parse(path)
		f.must(err)
		query := at.Query()
		query["state"] = strings.Fields(value)
		return at.Path + "?" + query.Encode()
	}
	right := strings.Split(ada.attempt(), "state=")[1][:26]
	for _, value := range []string{"", "x", right + "x", right + " " + right, "x " + right, strings.ToLower(right)} {
		ada.get(state(own, value)).is(http.StatusForbidden, refused)
	}
	for _, path := range []string{CallbackPath, CallbackPath + "?state=", CallbackPath + "?state=%00&code=%ff"} {
		f.browser().get(path).is(http.StatusForbidden, refused)
	}
	ada.get(own).leads(first)
	eve.get(theirs).leads(first)
}

// Back in the browser, and a login in two tabs, lead to the callback once more.
func TestWhoIsLoggedInComesBackFromTheProvider(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	f.member("eve@example.com")
	ada, eve := f.browser(), f.loggedIn("eve@example.com")
	own := f.begins(ada, first)
	eve.get(own).leads(first)
	eve.get("/sessions").is(http.StatusOK, "eve@example.com")
	ada.get(own).leads(first)
	for _, path := range []string{own, CallbackPath + "?error=temporarily_unavailable&state=x", CallbackPath} {
		got := ada.get(path)
		got.leads(first)
		if cookies := got.header.Values("Set-Cookie"); len(cookies) > 0 {
			t.Errorf("%s sets %q", path, cookies)
		}
	}
	ada.get("/sessions").is(http.StatusOK, "ada@example.com")
	ada.post("/logout")
	ada.get(own).is(http.StatusForbidden, "has ended already")
}

func TestALoginWithAProviderIsUsedOnce(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	b := f.browser()
	back := f.begins(b, first)
	copied := b.cookies()
	b.get(back).leads(first)
	again := f.browser()
	again.restore(copied)
	again.get(back).is(http.StatusForbidden, "has expired, or was used before") // the provider says so
	// A provider that gives a code twice, or somebody who gets another one for the same login.
	late := f.browser()
	late.restore(copied)
	state, nonce := part(copied, "state"), part(copied, "nonce")
	f.provider.Claims["nonce"] = nonce
	f.provider.Answer["/token"] = func(w http.ResponseWriter, _ *http.Request) {
		claims := map[string]any{"iss": f.provider.Issuer(), "aud": openid.ClientID, "sub": "1", "nonce": nonce,
			"exp": f.clock.Now().Add(time.Minute).Unix()}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"x","id_token":%q}`, f.provider.Key.Sign(claims))
	}
	late.get(CallbackPath+"?code=x&state="+state).is(http.StatusForbidden, "This login was used before.")
}

// The browser may come back to another replica, or after a restart.
func TestALoginWithAProviderEndsAtAnotherReplica(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	b := f.browser()
	back := f.begins(b, first)
	f.serve()
	b.get(back).leads(first)
}

// part is a value in the cookie of a login.
func part(cookies []*http.Cookie, name string) string {
	for _, cookie := range cookies {
		if values, err := url.ParseQuery(cookie.Value); err == nil && cookie.Name == "oidc" {
			return values.Get(name)
		}
	}
	return ""
}

func TestALoginAtAProviderMayTakeTenMinutes(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	b := f.browser()
	for _, step := range []struct {
		wait   time.Duration
		status int
	}{{attemptLife, http.StatusSeeOther}, {attemptLife + time.Second, http.StatusForbidden}} {
		back := f.begins(b, first)
		cookies := b.cookies() // our server goes by its clock, the browser by its own
		f.clock.Advance(step.wait)
		b.restore(cookies)
		b.get(back).is(step.status)
		b.post("/logout")
	}
}

func TestALoginWithAProviderMakesANewSession(t *testing.T) {
	f := newWithOIDC(t, "")
	f.member("ada@example.com")
	f.member("eve@example.com")
	eve, ada := f.loggedIn("eve@example.com"), f.browser()
	back := f.begins(ada, first)
	ada.restore(eve.cookies())
	planted := eve.cookies()[0].Value
	ada.get(back).leads(first)
	for _, cookie := range ada.cookies() {
		if cookie.Value == planted {
			t.Error("the session is the one that was planted")
		}
	}
	ada.get("/sessions").is(http.StatusOK, "ada@example.com")
	eve.get("/sessions").leads("/login?next=%2Fsessions")
}

func TestWhereALoginWithAProviderLeads(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	b := f.browser()
	for next, want := range map[string]string{
		"/auth/request/x?code=a-b": "/auth/request/x?code=a-b", "//evil.example": first, "https://evil.example": first,
		`/\evil.example`: first, "": first, "javascript:alert(1)": first,
	} {
		back := f.begins(b, next)
		b.get(back).leads(want)
		b.post("/logout")
	}
	// Whoever can write cookies into a browser still cannot send it elsewhere.
	back := f.begins(b, first)
	cookies := b.cookies()
	values, err := url.ParseQuery(cookies[0].Value)
	f.must(err)
	values.Set("next", "https://evil.example/")
	cookies[0].Value = values.Encode()
	b.restore(cookies)
	b.get(back).leads(first)
}

func TestAnInvitedMemberMayJoinWithTheProvider(t *testing.T) {
	f := newWithOIDC(t, "")
	link := f.invite("ada@example.com")
	b := f.browser()
	begin := b.base + beginPath + "?" + url.Values{"next": {first}}.Encode()
	b.get(link).is(http.StatusOK, `href="`+begin+`"`, "Join with Example &lt;SSO&gt;", "or with a password")
	b.get(f.begins(b, first)).leads(first)
	b.get(link).is(http.StatusNotFound, "This link does not work")
	account := b.get("/sessions").is(http.StatusOK, "You have no password")
	if strings.Contains(account.text, "The password that you have now") {
		t.Errorf("the page asks for a password that there is not: %s", account.text)
	}
	f.member("bo@example.com")
	f.loggedIn("bo@example.com").get("/sessions").is(http.StatusOK, "The password that you have now")
}
