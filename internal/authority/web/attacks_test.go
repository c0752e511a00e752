package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// Every form, sent by a page that is not ours, in the browser of an Admin.
func TestAFormOfAnotherSiteChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const own = "http://127.0.0.1"
	kinds := []struct {
		name, site, origin string // Sec-Fetch-Site and Origin
		passes             bool
	}{
		{"a foreign page", "cross-site", "https://evil.example", false},
		{"a foreign page, older", "", "https://evil.example", false},
		{"a neighbor in the domain", "same-site", "http://a.localhost", false},
		{"a page without an origin", "", "null", false},
		{"another port of this machine", "same-site", "http://127.0.0.1:1", false},
		{"another port, older", "", "http://127.0.0.1:1", false},
		{"foreign, with our Origin", "cross-site", own, false},
		{"something new, with our Origin", "cross-other", own, false},
		{"our page", "same-origin", own, true},
		{"our page, an older browser", "", own, true},
		{"typed in", "none", "", true},
		{"no browser: it needs a session like any other", "", "", true},
	}
	for _, one := range attempts() {
		if !one.isPost() {
			continue
		}
		c := w.copy()
		before, body := c.rows(), one.values(w).Encode()
		for _, kind := range kinds {
			var headers []string
			if kind.site != "" {
				headers = append(headers, "Sec-Fetch-Site", kind.site)
			}
			if kind.origin != "" {
				headers = append(headers, "Origin", kind.origin)
			}
			got := ask(c.whole, http.MethodPost, w.path(one.pattern), body, w.as("Admin"), headers...)
			name := one.name() + " of " + kind.name
			examine(t, name, got.Code, got.Header(), got.Body.String())
			isRefused := got.Code == http.StatusForbidden && strings.Contains(got.Body.String(), "Another site has sent this")
			if isRefused == kind.passes {
				t.Errorf("%s is answered with %d", name, got.Code)
			}
			if !kind.passes && (got.Header().Get("Set-Cookie") != "" || len(changed(before, c.rows())) > 0) {
				t.Errorf("%s changes %q %q", name, got.Header().Get("Set-Cookie"), changed(before, c.rows()))
			}
		}
		c.close()
	}
}

// A cookie of yesterday opens no page, and sends no form.
func TestACookieOfASessionThatHasEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as("Admin")
	later := func(by time.Duration) func() time.Time { return func() time.Time { return clock.Now().Add(by) } }
	for name, ended := range map[string]struct {
		now func() time.Time
		end func(*copied)
	}{
		"12 hours without use": {later(authority.SessionIdle), func(*copied) {}},
		"7 days":               {later(authority.SessionLife), func(*copied) {}},
		"logged out":           {clock.Now, func(c *copied) { ask(c.whole, http.MethodPost, "/logout", "", admin) }},
		"ended in another browser": {clock.Now, func(c *copied) {
			_, err := c.store.EndSessions(t.Context(), admin.member.ID, "")
			c.must(err)
		}},
		"removed": {clock.Now, func(c *copied) {
			member := authority.NewMember{Email: "second@example.com", Role: authority.Admin}
			_, invite, err := c.in().AddMember(t.Context(), member)
			c.must(err)
			_, err = c.store.Join(t.Context(), invite.Secret, credential.NewSecret(rightPassword), "", "")
			c.must(err)
			c.must(c.in().RemoveMember(t.Context(), admin.member.ID))
		}},
		"a new password": {clock.Now, func(c *copied) {
			c.must(c.store.SetPassword(t.Context(), admin.member.ID, credential.NewSecret(rightPassword+"!"), ""))
		}},
	} {
		c := w.copyAt(ended.now)
		ended.end(c)
		before := c.rows()
		for _, one := range attempts() {
			if isForAnyone(one.pattern) {
				continue
			}
			got := ask(c.whole, one.method(), w.path(one.pattern), one.values(w).Encode(), admin)
			if !strings.HasPrefix(got.Header().Get("Location"), "/login?next=") || got.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s, %s: answered with %d %v", name, one.name(), got.Code, got.Header())
			}
			if rows := changed(before, c.rows()); len(rows) > 0 {
				t.Errorf("%s, %s: changes %q", name, one.name(), rows)
			}
		}
		c.close()
	}
}

// evil are texts that no page expects in a field.
func evil() []string {
	return []string{
		"", `"><evil onevil=1>`, `'><evil onevil=1 x='`, "<script>evil()</script>", "</title><evil>", "{{.}}<!--evil",
		"evil\x00evil", "evil\xff\xfeevil", "evil\r\nSet-Cookie: evil=1", "\u202eevil\u2066\u200b", "javascript:evil()",
		"//evil.example", "' OR 1=1 --", "%00%s%n", "../../evil", strings.Repeat("evil", 4000),
		strings.Repeat("\U0001f468\u200d", 3000),
	}
}

// Whatever is in a field: the page has no markup of it, and the server no problem. In PostgreSQL, a text cannot have
// everything that one in SQLite has.
func TestAnyTextInAnyField(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f, w := liveWorld(t, database)
		admin := w.as("Admin")
		for _, one := range attempts() {
			for field := range one.values(w) {
				whole := WholeServer(f.store, clock.Now, io.Discard)
				for i, text := range evil() {
					if i%3 > 0 && costsAHash(one.pattern) {
						continue
					}
					if session, err := f.store.Session(t.Context(), admin.cookie); err != nil || session == nil {
						admin.cookie = f.enter(admin.member.Email)
					}
					values := one.values(w)
					values.Set(field, text)
					got := ask(whole, one.method(), w.path(one.pattern), values.Encode(), admin)
					name := fmt.Sprintf("%s with %.30q as %s", one.name(), text, field)
					examine(t, name, got.Code, got.Header(), got.Body.String())
					if strings.Contains(got.Header().Get("Set-Cookie"), "evil") {
						t.Errorf("%s: the answer has a header of it: %v", name, got.Header())
					}
				}
			}
		}
		f.examineAll(w, admin)
	})
}

// costsAHash reports whether a form asks for a password, whose hash takes long.
func costsAHash(pattern string) bool {
	return slices.Contains([]string{"POST /login", "POST /sign-up", "POST /sessions/password", "POST /invite/{secret}"}, pattern)
}

// enter logs a member in.
func (f *fixture) enter(email string) credential.Secret {
	f.Helper()
	cookie, err := f.store.LogIn(context.Background(), email, credential.NewSecret(rightPassword), "Firefox")
	f.must(err)
	return cookie
}

// examineAll looks at each page, and returns all of them.
func (f *fixture) examineAll(w *world, as visitor) (all string) {
	f.Helper()
	whole := WholeServer(f.store, clock.Now, io.Discard)
	for _, one := range attempts() {
		if !one.isPost() {
			got := ask(whole, http.MethodGet, w.path(one.pattern), "", as)
			examine(f, one.name(), got.Code, got.Header(), got.Body.String())
			all += got.Body.String()
		}
	}
	return all
}

// Whatever is in the address of a page, or of the form of one.
func TestAnyTextInAnyAddress(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f, w := liveWorld(t, database)
		for _, one := range attempts() {
			whole := WholeServer(f.store, clock.Now, io.Discard)
			for _, text := range evil() {
				for _, path := range w.addresses(one, text) {
					got := ask(whole, one.method(), path, "", w.as("Admin"))
					examine(t, fmt.Sprintf("%s at %.80s", one.name(), path), got.Code, got.Header(), got.Body.String())
				}
			}
		}
	})
}

// addresses are those of a page with a text in the query, and of a page or form with a text as its ID.
func (w *world) addresses(of attempt, text string) (found []string) {
	if !of.isPost() {
		query := url.Values{}
		for _, name := range []string{"done", "next", "search", "after", "before", "code", "email", "state", "error"} {
			query.Set(name, text)
		}
		found = append(found, w.path(of.pattern)+"?"+query.Encode())
	}
	path := of.pattern[strings.Index(of.pattern, "/"):]
	if prefix, rest, hasID := strings.Cut(path, "{"); hasID && prefix != "/" && text != "" {
		_, rest, _ = strings.Cut(rest, "}")
		found = append(found, prefix+url.PathEscape(text)+rest)
	}
	return found
}

// A form that is sent twice, as by a double click, or by the way back and another click, counts once: one after the
// other, and at the same time. Whoever proves twice who they are gets two sessions, in which nothing was done yet.
func TestAFormSentTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, one := range attempts() {
		if !one.isPost() {
			continue
		}
		as := w.as("Admin")
		if isForAnyone(one.pattern) && one.pattern != "POST /logout" {
			as = w.as(nobody)
		}
		c := w.copy()
		filled, ok := c.filled(one, as)
		body, path := filled.Encode(), w.path(one.pattern)
		before := c.rowsWithoutLogins()
		send := func() {
			got := ask(c.whole, http.MethodPost, path, body, as)
			examine(t, one.name(), got.Code, got.Header(), got.Body.String())
		}
		send()
		first := c.rowsWithoutLogins()
		if !ok && one.about != "another member's" && len(changed(before, first)) > 0 {
			t.Errorf("the page of %s has no form for it", one.name())
		}
		send()
		if again := changed(first, c.rowsWithoutLogins()); len(again) > 0 {
			t.Errorf("%s: the second time, it changes %q", one.name(), again)
		}
		c.close()
		c = w.copy()
		var group sync.WaitGroup
		for range 4 {
			group.Go(send)
		}
		group.Wait()
		once, four := len(changed(before, first)), len(changed(before, c.rowsWithoutLogins()))
		if once != four {
			t.Errorf("%s: once, it changes %d rows, and four times at once %d", one.name(), once, four)
		}
		c.close()
	}
}

// rowsWithoutLogins are all rows but those that are added when a session begins.
func (c *copied) rowsWithoutLogins() []string {
	c.Helper()
	return slices.DeleteFunc(c.rows(), func(row string) bool {
		return strings.HasPrefix(row, "sessions ") && strings.Contains(row, "ended_at=<nil>") ||
			strings.HasPrefix(row, "audit ") && strings.Contains(row, "action=session.start ")
	})
}

// filled is what the form of an attempt sends when it was loaded from its page and filled in, and whether the page has
// it.
func (c *copied) filled(one attempt, as visitor) (url.Values, bool) {
	c.Helper()
	path := c.path(one.pattern)
	home := path
	if one.pattern == "POST /auth/request/{id}" {
		home = withCode(c.login)
	}
	got := ask(c.whole, http.MethodGet, home, "", as)
	if location := got.Header().Get("Location"); location != "" { // a form that has no page of its own
		got = ask(c.whole, http.MethodGet, location, "", as)
	}
	shown := page{browser: &browser{fixture: &fixture{TB: c}}, text: got.Body.String()}
	for _, form := range shown.forms() {
		if form.method == "post" && (form.action == path || form.action == "") {
			for name, values := range one.values(c.world) {
				if name != "form" { // its ID is that of the page
					form.values[name] = values
				}
			}
			return form.values, true
		}
	}
	return one.values(c.world), false
}

// The body of a form can be anything.
func TestABodyThatIsNoForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := strings.Repeat("a=b&", 5000)
	for _, one := range attempts() {
		if !one.isPost() {
			continue
		}
		c := w.copy()
		twice := one.values(w).Encode() + "&" + one.values(w).Encode()
		for _, body := range []string{
			"%", "%zz=1", "\x00\xff", "a=b;c=d", "&&&===", many, `{"a": 1}`, "--x\r\n\r\n--x--",
		} {
			for _, kind := range []string{
				"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "\x7f",
			} {
				if kind == "\x7f" && costsAHash(one.pattern) {
					continue
				}
				got := ask(c.whole, http.MethodPost, w.path(one.pattern), body, w.as("Admin"), "Content-Type", kind)
				name := fmt.Sprintf("%s with %.20q as %s", one.name(), body, kind)
				examine(t, name, got.Code, got.Header(), got.Body.String())
			}
		}
		got := ask(c.whole, http.MethodPost, w.path(one.pattern), twice, w.as("Admin"))
		examine(t, one.name()+" with each field twice", got.Code, got.Header(), got.Body.String())
		c.close()
	}
}

// HEAD is GET without the page, and no other method does anything.
func TestOtherMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.copy()
	defer c.close()
	before := c.rows()
	for _, one := range attempts() {
		for _, method := range []string{"HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post", "EVIL"} {
			got := ask(c.whole, method, w.path(one.pattern), one.values(w).Encode(), w.as("Admin"), "X-Http-Method-Override", "POST")
			isRefused := got.Code >= 400 && got.Code < 500
			if method == "HEAD" {
				examine(t, method+" "+one.name(), got.Code, got.Header(), "")
			} else if !isRefused {
				t.Errorf("%s %s is answered with %d", method, one.name(), got.Code)
			}
			if rows := changed(before, c.rows()); len(rows) > 0 {
				t.Fatalf("%s %s changes %q", method, one.name(), rows)
			}
		}
	}
}

// What no page answers, in a browser.
func TestErrorsInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.copy()
	defer c.close()
	for _, one := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/unknown", "", http.StatusNotFound},
		{"GET", "/%22%3E%3Cevil%3E", "", http.StatusNotFound},
		{"GET", "//evil.example/", "", http.StatusNotFound},
		{"GET", "/workspace/", "", http.StatusNotFound},
		{"GET", "/login/", "", http.StatusNotFound},
		{"GET", "/workspace/members/x/y/z", "", http.StatusNotFound},
		{"GET", "/" + strings.Repeat("evil", 5000), "", http.StatusNotFound},
		{"PUT", "/login", "", http.StatusMethodNotAllowed},
		{"DELETE", "/sessions", "", http.StatusMethodNotAllowed},
		{"POST", "/", "", http.StatusMethodNotAllowed},
		{"POST", "/login", strings.Repeat("a=b&", 20000), http.StatusRequestEntityTooLarge},
		{"POST", "/unknown", "a=b", http.StatusNotFound},
	} {
		for _, as := range []string{nobody, "Admin"} {
			got := ask(c.whole, one.method, one.path, one.body, w.as(as))
			name := fmt.Sprintf("%s %.40s as %s", one.method, one.path, as)
			if got.Code != one.status {
				t.Errorf("%s is answered with %d, want %d", name, got.Code, one.status)
			}
			examine(t, name, got.Code, got.Header(), got.Body.String())
		}
	}
}
