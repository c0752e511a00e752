// Package web is the pages of a license authority: plain HTML without JavaScript.
//
// Who can read the pages' requests on the way could act for a member. So the pages answer only over TLS, to a trusted
// proxy, and to a browser on the server's own machine; the API does not depend on that.
package web

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/authority/origin"
)

//go:embed pages
var files embed.FS

// Options are the settings of the pages.
type Options struct {
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// OIDC is a provider with which members can log in; nil for none.
	OIDC *oidc.Provider
	// SignUp lets anybody make a workspace of their own.
	SignUp bool
}

// Site is the pages. It is safe for concurrent use.
type Site struct {
	store     *authority.Store
	now       func() time.Time
	crossSite http.CrossOriginProtection
	templates map[string]*template.Template
	// access is who may see the page with a path.
	access map[string]access
	limits limits
	oidc   *oidc.Provider
	// signUps reports whether anybody may sign up.
	signUps bool
}

// limits are counted before anything that takes long, or that tells whether a guess is right.
// Colleagues may share an address, so one has much more than an account.
type limits struct {
	logins, decisions, invites, providers, signUps *limit.Keyed // by address
	accounts, members                              *limit.Keyed // by email address and by member
}

func newLimits() limits {
	every := func(requests int) *limit.Keyed {
		return limit.New(limit.Rate{Requests: requests, Period: 10 * time.Minute})
	}
	return limits{
		logins: every(100), decisions: every(600), invites: every(200), providers: every(200), signUps: every(50),
		accounts: every(10), members: every(60),
	}
}

// New returns the pages of an authority.
func New(store *authority.Store, options Options) *Site {
	s := &Site{
		store: store, now: options.Now, templates: parsed(), limits: newLimits(), oidc: options.OIDC, signUps: options.SignUp,
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.access = make(map[string]access)
	for _, route := range s.routes() {
		if path, ok := strings.CutPrefix(route.pattern, "GET "); ok {
			s.access[path] = route.access
		}
	}
	return s
}

// parsed are the templates of all pages. They are the same for each Site.
var parsed = sync.OnceValue(parse)

// parse returns each page's template, in the layout.
func parse() map[string]*template.Template {
	layout := template.Must(template.New("").Funcs(template.FuncMap{
		"once":  once,
		"nth":   func(index int) int { return index + 1 },
		"badge": licenseBadge,
		"prose": prose,
		"short": short,

		"runsOn":   runsOn,
		"runsOnCI": runsOnCI,
		"when":     func(at time.Time) string { return at.UTC().Format("January 2, 2006, 15:04 UTC") },
		"day":      func(at time.Time) string { return at.UTC().Format("January 2, 2006") },
		"exact":    func(at time.Time) string { return at.UTC().Format(time.RFC3339) },

		"browser":    browserName,
		"styleSheet": func() string { return stylePath },
	}).ParseFS(files, "pages/layout.html", "pages/parts/*.html"))
	names, _ := fs.Glob(files, "pages/*.html") // fails only for a bad pattern
	parsed := make(map[string]*template.Template)
	for _, name := range names {
		page := template.Must(template.Must(layout.Clone()).ParseFS(files, name))
		parsed[strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")] = page
	}
	return parsed
}

// patience bounds an answer. It is more than the wait for a password's turn and the one for a lock of the database
// together.
const patience = 9 * time.Second

// serve answers the requests for a route.
func (s *Site) serve(route route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		from := origin.Of(r)
		v := &visit{
			Request: r.WithContext(ctx), isPlain: from.Scheme == "http", address: limit.Address(from.Address), base: from.Base,
		}
		answer := s.answer(v, route, from)
		record := api.RecordOf(r)
		record.Message, record.Cause, record.Login = answer.message, answer.cause, answer.login
		s.write(w, v, answer)
	}
}

// answer checks what is the same for all routes, and then asks the route.
func (s *Site) answer(v *visit, route route, from origin.Origin) *reply {
	if route.access.always {
		return route.answer(v)
	}
	if refusal := s.checkWay(v, from); refusal != nil {
		return refusal
	}
	if err := s.recognize(v, from); err != nil {
		return fail(err)
	}
	switch {
	case route.access.members && v.session == nil:
		return s.askToLogIn(v)
	case !route.access.lets(v.member):
		return forbid()
	}
	return route.answer(v)
}

// recognize finds out who visits, and notes it for what they do.
func (s *Site) recognize(v *visit, from origin.Origin) error {
	actor := authority.Actor{Name: "visitor", Address: from.Address.String()}
	ctx := authority.WithActor(v.Context(), actor)
	session, err := s.sessionOf(v.WithContext(ctx), v.isPlain)
	if err != nil {
		return err
	}
	if session != nil {
		scope := s.store.As(session.WorkspaceID, session.MemberID)
		member, err := scope.Member(ctx, session.MemberID)
		if _, isRemoved := errors.AsType[authority.Refusal](err); err != nil && !isRemoved {
			return err
		}
		if err == nil {
			v.session, v.member, v.scope = session, member, scope
			actor.ID, actor.Name = session.MemberID, session.Email
			ctx = authority.WithActor(ctx, actor)
		}
	}
	if v.Method == http.MethodPost {
		ctx = authority.WithForm(ctx, v.PostFormValue("form"))
	}
	v.Request = v.WithContext(ctx)
	return nil
}
