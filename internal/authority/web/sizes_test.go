package web

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the database driver "pgx"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/crowd"
)

// maxPage is how large a page may be, with its style sheet, in bytes.
const maxPage = 50_000

// fill fills the authority with members.
func (f *fixture) fill(database string, members int) *sql.DB {
	f.Helper()
	_, err := f.store.FirstWorkspace(context.Background())
	f.must(err)
	driver, source := "pgx", database
	if database == "" {
		driver, source = "sqlite", filepath.Join(f.dir, authority.DatabaseFile)
	}
	db, err := sql.Open(driver, source)
	f.must(err)
	f.Cleanup(func() { _ = db.Close() })
	f.must(crowd.Fill(context.Background(), db, members))
	return db
}

// views are the addresses of all pages, as an Admin of a crowd may see them, by the pattern of the route.
func (f *fixture) views() (all []view) {
	f.Helper()
	_, link, err := f.workspace().AddMember(context.Background(), authority.NewMember{Email: "guest@example.org"})
	f.must(err)
	login := f.begin("lstk", "127.0.0.1")
	for _, one := range f.site.routes() {
		path, isPage := strings.CutPrefix(one.pattern, "GET ")
		if !isPage {
			continue
		}
		address := strings.NewReplacer("{$}", "", "{secret}", link.Secret.Reveal(),
			"members/{id}", "members/"+crowd.Somebody, "ci-keys/{id}", "ci-keys/"+crowd.BusyKey,
			"failures/{id}", "failures/license.expired", "request/{id}", "request/"+login.ID+"?code="+login.Code,
		).Replace(path)
		if strings.Contains(address, "{") {
			f.Fatalf("say here what %s shows", path)
		}
		all = append(all, view{path, address})
	}
	return all
}

type view struct{ name, path string }

// However long the texts are that members and clients have sent: 50 of each fit.
func TestEveryPageIsSmall(t *testing.T) {
	f := newFixture(t, "")
	db := f.fill("", 120)
	escaped, wide := strings.Repeat(`"`, 100), strings.Repeat("🚀", 100)
	plus := strings.Repeat("+", 230)
	for statement, args := range map[string][]any{
		"UPDATE members SET name = $1, email = $2 || replace(email, 'example', 'x')": {escaped, plus},
		"UPDATE tokens SET name = $1 WHERE name <> ''":                               {wide},
		"UPDATE subscriptions SET plan = $1":                                         {strings.Repeat("p", 32)},
		"UPDATE audit SET actor = $1, detail = $2, address = $3": {plus, escaped + wide,
			strings.Repeat("2001:db8:", 5)},
		"UPDATE activations SET machine = $1 || machine": {strings.Repeat("m", 64)},
		"UPDATE auth_requests SET client = $1":           {escaped},
		`UPDATE sessions SET client = $1, member_id = $2, last_used_at = $3
			WHERE id IN (SELECT id FROM sessions ORDER BY id LIMIT 49)`: {escaped + escaped, crowd.Somebody,
			f.clock.Now().Unix()},
	} {
		_, err := db.Exec(statement, args...)
		f.must(err)
	}
	b := f.browser()
	b.post("/login", "email", plus+"user-1@x.org", "password", crowd.Password).is(http.StatusSeeOther)
	for _, one := range f.views() {
		got := b.get(one.path)
		if got.status >= http.StatusInternalServerError {
			t.Errorf("%s: status %d", one.name, got.status)
		}
		size := len(got.text) + len(styleSheet)
		if size > maxPage {
			t.Errorf("%s has %d bytes with the style sheet, more than %d", one.name, size, maxPage)
		}
		t.Logf("%s: status %d, %d bytes with the style sheet", one.name, got.status, size)
	}
	if rows := strings.Count(b.get(membersPath).text, `<th scope="row">`); rows != authority.PageSize {
		t.Errorf("the list of members has %d rows", rows)
	}
}
