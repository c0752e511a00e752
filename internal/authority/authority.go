// Package authority is a self-hosted license authority: an HTTP handler for the
// server's side of the licensing protocol (the public one of LocalStack's
// licensing API, format "1"), and the store of its tokens and licenses.
//
// It does not license LocalStack's own images: their Pro packages are encrypted, and only
// LocalStack's server issues the license_secret that opens them. A document of this
// package never has one.
//
// Clients delete their stored document on a verdict. So a 4xx answer with a code of the
// protocol means that the state is known; while it is not, the answer is 5xx.
//
// The store keeps only the HMAC-SHA256 of a token, and the key of that in a file
// of its own. Neither the access log nor an error contains a token.
package authority

import (
	"cmp"
	"fmt"
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

// Options are the settings of a handler.
type Options struct {
	// ReactivateAfter is how long a client may use a document without asking
	// again; zero means DefaultReactivateAfter.
	ReactivateAfter time.Duration
	// Limit is how often one token may ask; the zero Limit means no limit.
	Limit Limit
	// AccessLog receives a line of JSON for each request; nil means no log.
	AccessLog io.Writer
}

// New returns the authority on store as a handler for
//
//	POST /v1/license/request   the document of the license assigned to a token
//	POST /v1/license/activate  the same, if it is the license with license_id
//	GET  /v1/license/activate  that this is a licensing server, for whoever tries the way to it
//	GET  /healthz              "ok", also for HEAD
//
// It is safe for concurrent use, also beside other processes on the same data
// directory. Its clock is the store's.
func New(store *Store, options Options) http.Handler {
	h := &handler{
		store:           store,
		reactivateAfter: cmp.Or(options.ReactivateAfter, DefaultReactivateAfter),
		limiters:        newLimiters(options.Limit),
		log:             newAccessLog(options.AccessLog),
	}
	h.routes = map[string]route{
		"/healthz":             {[]string{http.MethodGet, http.MethodHead}, healthy},
		"/v1/license/request":  {[]string{http.MethodPost}, h.request},
		"/v1/license/activate": {[]string{http.MethodPost, http.MethodGet, http.MethodHead}, h.activate},
	}
	return h
}

// handler answers the requests.
type handler struct {
	store           *Store
	reactivateAfter time.Duration
	limiters        *limiters
	log             *zap.Logger
	routes          map[string]route
}

// route answers the requests for one path. http.ServeMux would answer the other
// paths in plain text, or with redirects.
type route struct {
	methods []string
	answer  func(*http.Request) *answer
}

// ServeHTTP answers one request and logs it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := h.store.now()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	answer := h.answer(r)
	answer.write(w)
	h.log.Info("", answer.logFields(r, started, h.store.now())...)
}

func (h *handler) answer(r *http.Request) *answer {
	route, ok := h.routes[r.URL.Path]
	if !ok {
		return refuse(http.StatusNotFound, messageNoPath)
	}
	if slices.Contains(route.methods, r.Method) {
		return route.answer(r)
	}
	refusal := refuse(http.StatusMethodNotAllowed, messageMethod)
	refusal.allow = route.methods
	return refusal
}

func healthy(*http.Request) *answer { return &answer{status: http.StatusOK, text: "ok"} }

// request answers with the document of a token's license. A license ID that the
// client sends does not matter.
func (h *handler) request(r *http.Request) *answer { return h.license(r, false) }

// activate answers with the document of a token's license if the client names its ID, and to a question that carries
// nothing with what this is.
func (h *handler) activate(r *http.Request) *answer {
	if r.Method != http.MethodPost {
		return &answer{status: http.StatusOK, body: map[string]string{"service": "license authority"}}
	}
	return h.license(r, true)
}

func (h *handler) license(r *http.Request, sameID bool) *answer {
	asked, refusal := readRequest(r)
	if refusal != nil {
		return refusal
	}
	token, err := h.store.judge(r.Context(), asked.credential.Reveal())
	switch {
	case err != nil:
		return fail(err).to(asked.credential.String())
	case token == nil:
		return refuse(http.StatusForbidden, license.MessageCredentialsInvalid).to(asked.credential.String())
	}
	return h.grant(asked, *token, sameID).to(token.ID)
}

// grant answers with the document of the token's license, or with the reason why not.
func (h *handler) grant(asked request, token Token, sameID bool) *answer {
	now := h.store.now()
	if wait := h.limiters.wait(token.ID, now); wait > 0 {
		refusal := refuse(http.StatusTooManyRequests, license.MessageRateLimited)
		refusal.retryAfter = wait
		return refusal
	}
	granted := token.License
	if granted == nil || !granted.Assigned || sameID && asked.LicenseID != granted.ID {
		return refuse(http.StatusBadRequest, license.MessageNotFound)
	}
	if refusal := granted.refusal(asked.Product); refusal != nil {
		return refusal
	}
	document := granted.document(asked.Product, now, h.reactivateAfter)
	document.Sign(asked.credential.Reveal())
	h.store.notes.add(granted.ID, now, h.logFailedNote)
	return &answer{status: http.StatusOK, body: document}
}

// logFailedNote logs that the times of activations were not stored, so that the list of licenses shows older ones.
func (h *handler) logFailedNote(err error) {
	h.log.Info("", zap.Time("time", h.store.now().UTC()), zap.Error(fmt.Errorf("cannot note activations: %w", err)))
}
