package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"localstack-entrypoint/internal/authority"
)

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
var attempts = []attempt{
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

// none is a form without fields.
func none(*world) []string { return nil }

// sentOnce is a form that has nothing but its ID.
func sentOnce(*world) []string { return []string{"form", "1"} }

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
