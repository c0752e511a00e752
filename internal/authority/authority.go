// Package authority is a license authority to run on one's own: an HTTP
// handler that speaks the server's side of the licensing protocol (the public
// one of LocalStack's licensing API, format "1"), and the store of tokens and
// licenses behind it.
//
// A token is nowhere in the store: only its HMAC-SHA256 is, and the key of that
// is in a file of its own. It is not in the access log or in an error either.
package authority

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/license"
)

// DefaultReactivateAfter is how long a document stands in for the server
// unless [Options] say otherwise.
const DefaultReactivateAfter = 24 * time.Hour

// Options are what can be chosen about a handler. The zero Options are fine
// for tests.
type Options struct {
	// ReactivateAfter is how long a client may use a document without asking
	// again; zero stands for DefaultReactivateAfter.
	ReactivateAfter time.Duration
	// Limit is how often one token may ask; the zero Limit is none.
	Limit Limit
	// AccessLog receives a line of JSON for each request; nil for no log.
	AccessLog io.Writer
}

// New returns the authority on store as a handler for
//
//	POST /v1/license/request   the document of the license assigned to a token
//	POST /v1/license/activate  the same, if it is the license with license_id
//	GET  /healthz              "ok", also for HEAD
//
// It is safe for concurrent use, also beside other processes on the same data
// directory. Its clock is the store's.
func New(store *Store, options Options) http.Handler {
	h := &handler{
		store:           store,
		reactivateAfter: options.ReactivateAfter,
		limiters:        newLimiters(options.Limit),
		log:             newAccessLog(options.AccessLog),
	}
	if h.reactivateAfter == 0 {
		h.reactivateAfter = DefaultReactivateAfter
	}
	h.routes = map[string]route{
		"/healthz":             {[]string{http.MethodGet, http.MethodHead}, healthy},
		"/v1/license/request":  {[]string{http.MethodPost}, h.license(assigned)},
		"/v1/license/activate": {[]string{http.MethodPost}, h.license(known)},
	}
	return h
}

// handler is the authority at work.
type handler struct {
	store           *Store
	reactivateAfter time.Duration
	limiters        *limiters
	log             *zap.Logger
	routes          map[string]route
}

// route is what answers one path. The paths are few and fixed, and
// http.ServeMux would answer the others in plain text and redirects.
type route struct {
	methods []string
	answer  func(*http.Request) *answer
}

// ServeHTTP answers one request and logs it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := h.store.now()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	given := h.answer(r)
	given.write(w)
	h.log.Info("", given.logFields(r, started, h.store.now())...)
}

func (h *handler) answer(r *http.Request) *answer {
	found, ok := h.routes[r.URL.Path]
	if !ok {
		return refuse(http.StatusNotFound, messageNoPath)
	}
	if slices.Contains(found.methods, r.Method) {
		return found.answer(r)
	}
	refusal := refuse(http.StatusMethodNotAllowed, messageMethod)
	refusal.allow = found.methods
	return refusal
}

func healthy(*http.Request) *answer { return &answer{status: http.StatusOK, text: "ok"} }

// choice tells whether the license of a token is the one that it asks for.
type choice func(ask, *License) bool

// assigned is the choice of a client that takes what it is given. It may send
// the id of a license it knows all the same.
func assigned(ask, *License) bool { return true }

// known is the choice of a client that has a document.
func known(a ask, l *License) bool { return a.LicenseID == l.ID }

// license answers requests for the document of a license.
func (h *handler) license(wanted choice) func(*http.Request) *answer {
	return func(r *http.Request) *answer {
		ask, refusal := readAsk(r)
		if refusal != nil {
			return refusal
		}
		return h.identify(r.Context(), ask, wanted)
	}
}

// identify finds the token that asks, and notes for the log who it was.
func (h *handler) identify(ctx context.Context, ask ask, wanted choice) *answer {
	token, err := h.store.byCredential(ctx, ask.credential.Reveal())
	switch {
	case err != nil:
		return fail(err).to(ask.credential.String())
	case token == nil:
		return refuse(http.StatusForbidden, license.MessageCredentialsInvalid).to(ask.credential.String())
	}
	return h.grant(ctx, ask, *token, wanted).to(token.ID)
}

// grant answers a token with the document of its license, or with why it gets none.
func (h *handler) grant(ctx context.Context, ask ask, token Token, wanted choice) *answer {
	now := h.store.now()
	if wait := h.limiters.wait(token.ID, now); wait > 0 {
		refusal := refuse(http.StatusTooManyRequests, license.MessageRateLimited)
		refusal.retryAfter = wait
		return refusal
	}
	granted := token.License
	if granted == nil || !granted.Assigned || !wanted(ask, granted) {
		return refuse(http.StatusBadRequest, license.MessageNotFound)
	}
	if refusal := granted.refusal(ask.Product); refusal != nil {
		return refusal
	}
	document := granted.document(now, h.reactivateAfter)
	document.Sign(ask.credential.Reveal())
	return &answer{
		status: http.StatusOK,
		body:   document,
		// When a license was last used is good to know, but no full disk may
		// keep containers from starting because of it.
		cause: h.store.stamp(ctx, granted.ID, now),
	}
}
