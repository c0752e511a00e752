package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
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
	for _, one := range attempts {
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
		for _, one := range attempts {
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

// The body of a form can be anything.
func TestABodyThatIsNoForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := strings.Repeat("a=b&", 5000)
	for _, one := range attempts {
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
	for _, one := range attempts {
		for _, method := range []string{"HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post", "EVIL"} {
			got := ask(c.whole, method, w.path(one.pattern), one.values(w).Encode(), w.as("Admin"),
				"X-Http-Method-Override", "POST")
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
