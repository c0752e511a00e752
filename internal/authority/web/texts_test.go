package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

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
		for _, one := range attempts {
			for field := range one.values(w) {
				whole := WholeServer(f.store, clock.Now, io.Discard)
				for _, text := range evil() {
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
	for _, one := range attempts {
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
		for _, one := range attempts {
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
