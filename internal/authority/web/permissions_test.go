package web

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
)

var update = flag.Bool("update", false, "write docs/PERMISSIONS.md anew")

const permissionsFile = "../../../docs/PERMISSIONS.md"

// attempt is a request for a route, about things of the workspace that most visitors belong to.
type attempt struct {
	pattern string
	// about says which of several forms of a route it is.
	about string
	form  func(*world) []string
}

func (a attempt) method() string {
	method, _, _ := strings.Cut(a.pattern, " ")
	return method
}

func (a attempt) isPost() bool { return a.method() == http.MethodPost }

// values is what the form of an attempt sends.
func (a attempt) values(w *world) url.Values {
	values := url.Values{}
	if a.form != nil {
		form := a.form(w)
		for i := 0; i < len(form); i += 2 {
			values.Add(form[i], form[i+1])
		}
	}
	return values
}

// name is what the table calls the attempt.
func (a attempt) name() string {
	name := "`" + a.pattern + "`"
	if a.about != "" {
		name += ", " + a.about
	}
	return name
}

// attempts are what the walk tries: each route once, and each POST with each of its forms. The test fails for a route
// without an attempt.
func attempts() []attempt {
	none := func(*world) []string { return nil }
	sentOnce := func(*world) []string { return []string{"form", "1"} }
	return []attempt{
		{"GET /style.css", "", nil},
		{"GET /{$}", "", nil},
		{"GET /login", "", nil},
		{"POST /login", "", func(w *world) []string { return []string{"email", w.bo.Email, "password", rightPassword} }},
		{"GET " + beginPath, "", nil},
		{"GET " + CallbackPath, "", nil},
		{"POST /logout", "", none},
		{"GET /invite/{secret}", "", nil},
		{"POST /invite/{secret}", "", func(*world) []string {
			return []string{"password", rightPassword, "again", rightPassword}
		}},
		{"GET /sign-up", "", nil},
		{"POST /sign-up", "", func(*world) []string {
			return []string{"email", "new@example.com", "workspace", "New", "password", rightPassword, "again", rightPassword}
		}},
		{"GET /auth/request/{id}", "", nil},
		{"POST /auth/request/{id}", "confirm", func(w *world) []string {
			return []string{"code", w.login.Code, "decision", "confirm"}
		}},
		{"POST /auth/request/{id}", "deny", func(w *world) []string {
			return []string{"code", w.login.Code, "decision", "deny"}
		}},
		{"GET /failures", "", nil},
		{"GET /failures/{id}", "", nil},
		{"GET /getting-started", "", nil},
		{"GET /workspace/my-license", "", nil},
		{"POST /workspace/my-license/issue", "", func(w *world) []string {
			return []string{"subscription", w.subscription.ID}
		}},
		{"POST /workspace/my-license/return", "without a license", none},
		{"GET /workspace/audit", "", nil},
		{"GET /sessions", "", nil},
		{"GET /workspace/auth-token", "", nil},
		{"POST /workspace/auth-token", "", sentOnce},
		{"POST /workspace/auth-token/reset", "", sentOnce},
		{"POST /workspace/auth-token/revoke", "another member's", func(w *world) []string {
			return []string{"token", w.boToken.ID}
		}},
		{"GET /workspace/ci-keys", "", nil},
		{"POST /workspace/ci-keys", "without a license", func(*world) []string {
			return []string{"form", "1", "name", "weekly"}
		}},
		{"POST /workspace/ci-keys", "with a license", func(w *world) []string {
			return []string{"form", "1", "name", "weekly", "subscription", w.subscription.ID}
		}},
		{"GET /workspace/ci-keys/{id}", "", nil},
		{"POST /workspace/ci-keys/{id}/rename", "", func(*world) []string { return []string{"name", "weekly"} }},
		{"POST /workspace/ci-keys/{id}/license", "assign", func(w *world) []string {
			return []string{"license", "assign", "subscription", w.subscription.ID}
		}},
		{"POST /workspace/ci-keys/{id}/rotate", "", sentOnce},
		{"POST /workspace/ci-keys/{id}/revoke", "", none},
		{"GET /workspace/members", "", nil},
		{"POST /workspace/members", "", func(*world) []string {
			return []string{"form", "memberform", "email", "cy@example.com"}
		}},
		{"GET /workspace/members/{id}", "", nil},
		{"POST /workspace/members/{id}", "", func(*world) []string {
			return []string{"name", "Bo", "role", string(authority.PlainMember)}
		}},
		{"POST /workspace/members/{id}/license", "assign", func(w *world) []string {
			return []string{"action", "assign", "subscription", w.other.ID}
		}},
		{"POST /workspace/members/{id}/license", "unassign", func(*world) []string { return []string{"action", "unassign"} }},
		{"POST /workspace/members/{id}/link", "", func(*world) []string { return []string{"form", "linkform"} }},
		{"POST /workspace/members/{id}/token", "", func(w *world) []string { return []string{"token", w.boToken.ID} }},
		{"POST /workspace/members/{id}/remove", "", none},
		{"POST /sessions/name", "", func(*world) []string { return []string{"name", "Another Name"} }},
		{"POST /sessions/password", "", func(*world) []string {
			const another = "another correct horse"
			return []string{"current", rightPassword, "password", another, "again", another}
		}},
		{"POST /sessions", "end another member's", func(w *world) []string { return []string{"session", w.boSession} }},
	}
}

// path is the path of a pattern, about things of the workspace.
func (w *world) path(pattern string) string {
	path := pattern[strings.Index(pattern, "/"):]
	for prefix, value := range map[string]string{
		"/invite/{secret}":        w.link,
		"/auth/request/{id}":      w.login.ID,
		"/workspace/members/{id}": w.bo.ID,
		"/workspace/ci-keys/{id}": w.ci.ID,
		"/failures/{id}":          "license.expired",
	} {
		if strings.HasPrefix(path, prefix) {
			path = regexp.MustCompile(`{[a-z]+}`).ReplaceAllLiteralString(path, value)
		}
	}
	return strings.TrimSuffix(path, "{$}")
}

// prepare gives a visitor what the form of an attempt is about, where not all visitors can have it.
func (c *copied) prepare(tried attempt, as visitor) {
	c.Helper()
	if strings.HasPrefix(tried.pattern, "POST "+authTokenPath+"/") && as.member.ID != "" {
		_, _, err := c.store.In(as.member.WorkspaceID).CreateMemberToken(context.Background(), as.member.ID)
		c.must(err)
	}
}

// outcome is what an attempt has led to.
type outcome struct {
	status   int
	location string
	// actions are what the audit log has got, and rows what has changed in the database.
	actions []string
	rows    []string
}

// words are the outcome in the table.
func (o outcome) words() string {
	switch {
	case strings.HasPrefix(o.location, "/login?next="):
		return "log in"
	case o.status == http.StatusForbidden:
		return "no"
	case o.status == http.StatusNotFound:
		return "not found"
	case o.status == http.StatusOK, o.status == http.StatusSeeOther:
		return "yes"
	}
	return fmt.Sprint(o.status)
}

// try makes an attempt as a visitor, with another check than the route's own unless that is nil.
func (w *world) try(tried attempt, as visitor, check *access) outcome {
	w.Helper()
	c := w.copy()
	defer c.close()
	c.prepare(tried, as)
	site := New(c.store, EveryPage(c.now))
	all := site.routes()
	at := slices.IndexFunc(all, func(one route) bool { return one.pattern == tried.pattern })
	if at < 0 {
		w.Fatalf("there is no route %s", tried.pattern)
	}
	if check != nil {
		all[at].access = *check
	}
	mux := http.NewServeMux()
	mux.HandleFunc(all[at].pattern, site.serve(all[at]))
	before := c.rows()
	got := ask(mux, tried.method(), w.path(tried.pattern), tried.values(w).Encode(), as)
	c.store.Flush()
	examine(w, tried.pattern+" as "+as.name, got.Code, got.Header(), got.Body.String())
	found := outcome{status: got.Code, location: got.Header().Get("Location"), rows: changed(before, c.rows())}
	for _, row := range found.rows {
		if action := auditAction.FindStringSubmatch(row); action != nil {
			found.actions = append(found.actions, action[1])
		}
	}
	return found
}

var auditAction = regexp.MustCompile(`^audit .* action=(\S+)`)

// Who may do what: each route as each visitor, with IDs of things that exist. docs/PERMISSIONS.md is what was found.
func TestEveryRouteKeepsToItsPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tried := attempts()
	names := make(map[string]bool)
	for _, one := range tried {
		if names[one.name()] {
			t.Errorf("%s is tried twice", one.name())
		}
		names[one.name()] = true
	}
	for _, route := range New(nil, EveryPage(nil)).routes() {
		if !slices.ContainsFunc(tried, func(one attempt) bool { return one.pattern == route.pattern }) {
			t.Errorf("add an attempt for %s to attempts(), then: make golden", route.pattern)
		}
	}
	var table strings.Builder
	table.WriteString(permissionsHead + "| page or form |")
	for _, one := range w.visitors {
		fmt.Fprintf(&table, " %s |", one.name)
	}
	table.WriteString(" in the audit log |\n|" + strings.Repeat(" --- |", len(w.visitors)+2) + "\n")
	for _, one := range tried {
		w.walk(&table, one)
	}
	if *update {
		w.must(os.WriteFile(permissionsFile, []byte(table.String()), 0o644)) //nolint:gosec // a document
	}
	if want, err := os.ReadFile(permissionsFile); err != nil || string(want) != table.String() {
		t.Errorf("docs/PERMISSIONS.md is out of date: make golden\n%s", table.String())
	}
}

// Two of the visitors.
const (
	nobody    = "nobody"
	elsewhere = "Admin elsewhere"
)

const permissionsHead = `# Who may use which page

Generated by a test (` + "`make golden`" + `): it asks for each page, and sends each form, as each of these visitors. It compares
the database before and after: what is refused changes nothing. A Member has no permission or the one that is named. The
Admin elsewhere is an Admin of another workspace, who has got hold of IDs of this one.

"log in" means that the visitor is sent to the login, "no" status 403, and "not found" 404.

`

// walk makes an attempt as each visitor, and adds a row to the table.
func (w *world) walk(table *strings.Builder, one attempt) {
	w.Helper()
	name := one.name()
	fmt.Fprintf(table, "| %s |", name)
	var actions []string
	for _, as := range w.visitors {
		got := w.try(one, as, nil)
		fmt.Fprintf(table, " %s |", got.words())
		for _, action := range got.actions {
			if !slices.Contains(actions, action) {
				actions = append(actions, action)
			}
		}
		w.check(name+" as "+as.name, one, as, got)
	}
	slices.Sort(actions)
	fmt.Fprintf(table, " %s |\n", strings.Join(actions, ", "))
}

// check fails the test if an outcome changes what it must not, or nothing although it says so.
func (w *world) check(name string, one attempt, as visitor, got outcome) {
	w.Helper()
	isDone := got.words() == "yes"
	switch {
	case (!one.isPost() || !isDone) && len(got.rows) > 0:
		w.Errorf("%s: status %d, but it changes %q", name, got.status, got.rows)
	case one.isPost() && isDone && len(got.rows) == 0 && one.pattern != "POST /logout":
		w.Errorf("%s: status %d, but it changes nothing", name, got.status)
	case as.name == elsewhere && !isForAnyone(one.pattern) && containsAny(strings.Join(got.rows, "\n"), w.ofHome()):
		w.Errorf("%s: status %d, but it changes another workspace: %q", name, got.status, got.rows)
	}
	if as.name == nobody && (got.words() == "log in") == isForAnyone(one.pattern) {
		w.Errorf("%s: status %d %s", name, got.status, got.location)
	}
	if !isDone && as.name != nobody { // no handler for members has somebody to act for
		w.checkStore(name, one, as)
	}
}

// checkStore makes an attempt once more without the check of the route: what the handler calls must refuse it, too.
func (w *world) checkStore(name string, one attempt, as visitor) {
	w.Helper()
	got := w.try(one, as, &members)
	if got.words() == "yes" || got.status >= http.StatusInternalServerError || len(got.rows) > 0 {
		w.Errorf("%s: without the check of the route, it is answered with %d, and changes %q", name, got.status, got.rows)
	}
}

// isForAnyone reports whether a route asks for no session: what a form has in it is then enough to act as another.
func isForAnyone(pattern string) bool {
	return slices.ContainsFunc(New(nil, EveryPage(nil)).routes(), func(one route) bool {
		return one.pattern == pattern && !one.access.members
	})
}
