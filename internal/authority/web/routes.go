package web

import (
	"net/http"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
)

// members may ask who are logged in. Others are sent to the login, and come back.
const members api.Access = "members"

// route is a page, or a form of one.
type route struct {
	// pattern is that of [http.ServeMux].
	pattern string
	access  api.Access
	answer  func(*visit) *reply
}

// routes are all pages and forms. A GET changes nothing.
func (s *Site) routes() []route {
	return []route{
		{"GET /{$}", api.Anyone, s.front},
		{"GET /login", api.Anyone, s.loginPage},
		{"POST /login", api.Anyone, s.logIn},
		{"POST /logout", api.Anyone, s.logOut},
		{"GET /invite/{secret}", api.Anyone, s.invitePage},
		{"POST /invite/{secret}", api.Anyone, s.join},
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
