package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
)

// outside are texts that lead to another site if a page takes them for an address, as browsers read them.
func outside() []string {
	return []string{
		"https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", `/\evil.example`,
		`\\evil.example`, `\/evil.example`, "/\t/evil.example", "\t//evil.example", " //evil.example", "/\n/evil.example",
		"/\r\nLocation: //evil", "https:evil.example", "https:/evil.example", "javascript:alert(1)", "data:text/html,evil",
		"evil.example", "/%2f/evil.example", "//evil.example@127.0.0.1/", "//127.0.0.1@evil.example", "https://127.0.0.1:1/",
		"/\x00/evil.example", "/\u2028/evil", "\uff0f\uff0fevil.example", "/.//evil.example", "/..//evil.example",
		"/%5c/evil.example", "/sessions\\@evil.example", "",
	}
}

// isHere fails the test unless a browser that shows our login stays at our server with a link.
func isHere(t *testing.T, name, link string) {
	t.Helper()
	at, _ := url.Parse("http://127.0.0.1/login")
	to, err := at.Parse(link)
	if err != nil || to.Host != at.Host || to.Scheme != at.Scheme || !isOwnLink(link) {
		t.Errorf("%s leads to %q", name, link)
	}
}

var nextField = regexp.MustCompile(`name="next" value="([^"]*)"`)

func TestALoginLeadsToThisSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.copy()
	defer c.close()
	for _, next := range outside() {
		c.whole = WholeServer(c.store, c.now, c.log)
		query := "?" + url.Values{"next": {next}}.Encode()
		got := ask(c.whole, http.MethodGet, "/login"+query, "", w.as("Member"))
		isHere(t, "a login of somebody who is logged in", got.Header().Get("Location"))
		got = ask(c.whole, http.MethodGet, "/login"+query, "", w.as(nobody))
		field := nextField.FindStringSubmatch(got.Body.String())
		if field == nil {
			t.Fatalf("the login has no field next: %s", got.Body)
		}
		isHere(t, "the field of the login", field[1])
	}
	for _, next := range outside() {
		c.whole = WholeServer(c.store, c.now, c.log) // with new limits
		query := "?" + url.Values{"next": {next}}.Encode()
		for place, form := range map[string]url.Values{
			"/login":         {"next": {next}},
			"/login" + query: {"next": {"/sessions"}},
			"/login?":        {"next": {next, "/sessions"}},
		} {
			form.Set("email", w.bo.Email)
			form.Set("password", "wrong")
			got := ask(c.whole, http.MethodPost, place, form.Encode(), w.as(nobody))
			isHere(t, "a wrong password", nextField.FindStringSubmatch(got.Body.String())[1])
		}
	}
	for _, next := range outside() {
		form := url.Values{"email": {w.bo.Email}, "password": {rightPassword}, "next": {next}}
		got := ask(WholeServer(c.store, c.now, c.log), http.MethodPost, "/login", form.Encode(), w.as(nobody))
		isHere(t, "a right password", got.Header().Get("Location"))
	}
}

// A page that needs a login, or the path of a form that has no page, whatever its address is.
func TestAPageLeadsToThisSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.copy()
	defer c.close()
	for _, one := range attempts {
		path := w.path(one.pattern)
		for _, address := range []string{
			path, "/" + path, "//evil.example" + path, "/." + path, "/evil.example/.." + path, path + "//evil.example",
			path + "?next=//evil.example", path + "?//evil.example", "/%2fevil.example" + path, "/%5cevil.example" + path,
			path + "/%2e%2e//evil.example", `/\evil.example` + path, path + "/license", path + "/",
		} {
			for _, as := range []string{nobody, "Admin"} {
				request, err := http.NewRequest(http.MethodGet, "http://127.0.0.1"+address, nil)
				if err != nil {
					continue // package net/http refuses it, too
				}
				request.RemoteAddr = "127.0.0.1:1"
				if as != nobody {
					request.AddCookie(&http.Cookie{Name: cookieName(true), Value: w.as(as).cookie.Reveal()})
				}
				recorder := httptest.NewRecorder()
				c.whole.ServeHTTP(recorder, request)
				link := recorder.Header().Get("Location")
				if link == "" {
					continue
				}
				isHere(t, address, link)
				if to, err := url.Parse(link); err == nil && to.Path == "/login" {
					isHere(t, address, safeNext(to.Query().Get("next")))
				}
			}
		}
	}
}

// Who puts a cookie into somebody's browser, before that somebody becomes a member or logs in, does not get their
// session: each way in makes a new one, and ends the one that was there.
func TestNoWayInTakesOverASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve := w.as("Member")
	for _, one := range attempts {
		c := w.copy()
		before := ask(c.whole, one.method(), w.path(one.pattern), one.values(w).Encode(), eve)
		for _, cookie := range before.Result().Cookies() {
			if cookie.MaxAge < 0 || cookie.Name != cookieName(true) {
				continue
			}
			if cookie.Value == eve.cookie.Reveal() {
				t.Errorf("%s goes on with the session that was there", one.name())
			}
			if session, err := c.store.Session(t.Context(), eve.cookie); err != nil || session != nil {
				t.Errorf("%s leaves the session that was there: %v", one.name(), err)
			}
			if session, err := c.store.Session(t.Context(), credential.NewSecret(cookie.Value)); err != nil || session == nil {
				t.Errorf("%s sets a cookie of no session: %v", one.name(), err)
			}
			// A secret of somebody's choice is no session either.
			planted := visitor{cookie: credential.NewSecret("planted")}
			c2 := w.copy()
			again := ask(c2.whole, one.method(), w.path(one.pattern), one.values(w).Encode(), planted)
			for _, cookie := range again.Result().Cookies() {
				if cookie.Value == "planted" {
					t.Errorf("%s takes a secret that was planted", one.name())
				}
			}
			c2.close()
		}
		c.close()
	}
}

// A neighbor's cookie for a longer path is sent beside ours, and before it.
func TestTwoCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.copy()
	defer c.close()
	for _, one := range attempts {
		if one.pattern == "GET /style.css" { // is the same for all
			continue
		}
		before := c.rows()
		name := cookieName(true)
		both := name + "=" + w.as("Member").cookie.Reveal() + "; " + name + "=" + w.as("Admin").cookie.Reveal()
		got := ask(c.whole, one.method(), w.path(one.pattern), one.values(w).Encode(), visitor{}, "Cookie", both)
		examine(t, one.name(), got.Code, got.Header(), got.Body.String())
		if got.Code != http.StatusBadRequest || len(changed(before, c.rows())) > 0 {
			t.Errorf("%s is answered with %d, and changes %q", one.name(), got.Code, changed(before, c.rows()))
		}
	}
}

// What has been done is not said above why a page cannot be shown.
func TestWhatWasDoneIsNotSaidOfWhatWasRefused(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	b.get("/sessions?done=member").is(http.StatusOK, done["member"])
	for path, status := range map[string]int{
		"/workspace/audit": http.StatusForbidden, "/workspace/members/unknown": http.StatusForbidden,
		"/auth/request/unknown": http.StatusNotFound,
	} {
		if got := b.get(path + "?done=member").is(status); strings.Contains(got.text, done["member"]) {
			t.Errorf("%s says what was done", path)
		}
	}
}
