package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A form that is sent twice, as by a double click, or by the way back and another click, counts once: one after the
// other, and at the same time. Whoever proves twice who they are gets two sessions, in which nothing was done yet.
func TestAFormSentTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, one := range attempts {
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
