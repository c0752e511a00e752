package web

import (
	"net/http"
	"strings"

	"localstack-entrypoint/internal/authority"
)

// route is a page, or a form of one.
type route struct {
	// pattern is that of [http.ServeMux]. The path of a form that is not its page's is that of the page, and one more
	// word.
	pattern string
	access  access
	answer  func(*visit) *reply
}

// routes are all pages and forms. A GET changes nothing, except that one begins a session where the OIDC provider sends
// back a browser that has just begun a login.
func (s *Site) routes() []route {
	routes := []route{
		{"GET /style.css", always, style},
		{"GET /{$}", anyone, s.front},
		{"GET /login", anyone, s.loginPage},
		{"POST /login", anyone, s.logIn},
		{"GET " + beginPath, anyone, s.beginOIDC},
		{"GET " + CallbackPath, anyone, s.endOIDC},
		{"POST /logout", anyone, s.logOut},
		{"GET /invite/{secret}", anyone, s.invitePage},
		{"POST /invite/{secret}", anyone, s.join},
		{"GET /auth/request/{id}", members, s.confirmPage},
		{"POST /auth/request/{id}", members, s.decide},
		{"GET /failures", anyone, s.failuresPage},
		{"GET /failures/{id}", anyone, s.failurePage},
		{"GET /getting-started", members, s.gettingStartedPage},
		{"GET /workspace/my-license", members, s.myLicensePage},
		{"POST /workspace/my-license/issue", may(authority.AssignLicenses, authority.IssueOwnLicense), s.issueLicense},
		{"POST /workspace/my-license/return", may(authority.AssignLicenses, authority.IssueOwnLicense), s.returnLicense},
		{"GET /workspace/audit", may(authority.SeeAuditLog), s.auditPage},
		{"GET /sessions", members, s.accountPage},
		{"POST /sessions", members, s.endSessions},
		{"GET /workspace/members", may(authority.ManageMembers, authority.AssignLicenses), s.membersPage},
		{"POST /workspace/members", may(authority.ManageMembers), s.addMember},
		{"GET /workspace/members/{id}", may(authority.ManageMembers, authority.AssignLicenses), s.memberPage},
		{"POST /workspace/members/{id}", may(authority.ManageMembers), s.saveMember},
		{"POST /workspace/members/{id}/license", may(authority.AssignLicenses, authority.IssueOwnLicense), s.changeLicense},
		{"POST /workspace/members/{id}/link", may(authority.ManageMembers), s.makeLink},
		{"POST /workspace/members/{id}/token", may(authority.ManageMembers), s.revokeMemberToken},
		{"POST /workspace/members/{id}/remove", may(authority.ManageMembers), s.removeMember},
		{"POST /sessions/name", members, s.changeName},
		{"POST /sessions/password", members, s.changePassword},
		{"GET /workspace/auth-token", members, s.authTokenPage},
		{"POST /workspace/auth-token", members, s.createAuthToken},
		{"POST /workspace/auth-token/reset", members, s.resetAuthToken},
		{"POST /workspace/auth-token/revoke", members, s.revokeToken},
		{"GET /workspace/ci-keys", may(authority.ManageCIKeys), s.ciKeysPage},
		{"POST /workspace/ci-keys", may(authority.ManageCIKeys), s.createCIKey},
		{"GET /workspace/ci-keys/{id}", may(authority.ManageCIKeys), s.ciKeyPage},
		{"POST /workspace/ci-keys/{id}/rename", may(authority.ManageCIKeys), s.renameCIKey},
		{"POST /workspace/ci-keys/{id}/license", may(authority.ManageCIKeys), s.licenseCIKey},
		{"POST /workspace/ci-keys/{id}/rotate", may(authority.ManageCIKeys), s.rotateCIKey},
		{"POST /workspace/ci-keys/{id}/revoke", may(authority.ManageCIKeys), s.revokeCIKey},
	}
	if s.signUps {
		routes = append(routes, route{"GET /sign-up", anyone, s.signUpPage}, route{"POST /sign-up", anyone, s.signUp})
	}
	return routes
}

// Register adds the routes of all pages. Who asks for the path of a form that has no page of its own, such as a member
// who had to log in again, is led to the form's page.
func (s *Site) Register(mux *http.ServeMux) {
	for _, each := range s.routes() {
		mux.HandleFunc(each.pattern, s.serve(each))
		path, isForm := strings.CutPrefix(each.pattern, "POST ")
		if _, hasPage := s.access[path]; isForm && !hasPage {
			mux.HandleFunc("GET "+path, s.serve(route{"GET " + path, anyone, toPageOfForm}))
		}
	}
}

func toPageOfForm(v *visit) *reply {
	path := v.URL.EscapedPath()
	page := path[:max(1, strings.LastIndex(path, "/"))]
	if v.URL.RawQuery != "" { // such as the next page of its list
		page += "?" + v.URL.RawQuery
	}
	return redirect(safeNext(page))
}

// visit is a request for a page.
type visit struct {
	*http.Request
	// session is nil unless the visitor is logged in.
	session *authority.Session
	// member is who is logged in.
	member authority.Member
	// scope is the member's workspace, as far as they may see and change it.
	scope authority.Scope
	// isPlain reports whether the visitor uses http, on this machine.
	isPlain bool
	// address is the key of the visitor's address for limits.
	address string
	// base is the server's URL as the visitor sees it, without a slash at its end.
	base string
}
