package web

import (
	"net/http"

	"localstack-entrypoint/internal/authority"
)

// access says who may ask for a route.
type access string

const (
	// anyone may ask, logged in or not.
	anyone access = "anyone"
	// members may ask who are logged in. Others are sent to the login, and come back.
	members access = "members"
)

// route is a page, or a form of one.
type route struct {
	// pattern is that of [http.ServeMux].
	pattern string
	access  access
	answer  func(*visit) *reply
}

// routes are all pages and forms. A GET changes nothing.
func (s *Site) routes() []route {
	return []route{
		{"GET /{$}", anyone, s.front},
		{"GET /login", anyone, s.loginPage},
		{"POST /login", anyone, s.logIn},
		{"POST /logout", anyone, s.logOut},
		{"GET /invite/{secret}", anyone, s.invitePage},
		{"POST /invite/{secret}", anyone, s.join},
		{"GET /auth/request/{id}", members, s.confirmPage},
		{"POST /auth/request/{id}", members, s.decide},
		{"GET /sessions", members, s.sessionsPage},
		{"POST /sessions", members, s.endSessions},
	}
}

// Register adds the routes of all pages.
func (s *Site) Register(mux *http.ServeMux) {
	for _, route := range s.routes() {
		mux.HandleFunc(route.pattern, s.serve(route))
	}
	mux.HandleFunc("GET /style.css", style)
}

// visit is a request for a page.
type visit struct {
	*http.Request
	// session is nil unless the visitor is logged in.
	session *authority.Session
	// isPlain reports whether the visitor uses http, on this machine.
	isPlain bool
	// address is the key of the visitor's address for limits.
	address string
}
