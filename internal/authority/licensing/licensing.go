// Package licensing is the server's side of the licensing protocol (the public one of LocalStack's licensing API,
// format "1").
//
// Clients delete their stored document on a verdict. So a 4xx answer with a code of the
// protocol means that the state is known; while it is not, the answer is 5xx.
package licensing

import (
	"cmp"
	"net/http"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/origin"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// DefaultReactivateAfter is how long a document stands in for the server
// unless [Options] say otherwise.
const DefaultReactivateAfter = 24 * time.Hour

// Options are the settings of the protocol's routes.
type Options struct {
	// ReactivateAfter is how long a client may use a document without asking
	// again; zero means DefaultReactivateAfter.
	ReactivateAfter time.Duration
	// Limit is how often one token may ask; the zero Rate means no limit.
	Limit limit.Rate
	// UnknownLimit is how often one address may ask with unknown tokens; the zero Rate means no limit.
	UnknownLimit limit.Rate
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Delay is how long the test token "slow" waits; zero means 45 s.
	Delay time.Duration
	// Failed is told of notes of activations that were not stored, so that lists show older ones; may be nil.
	Failed func(error)
}

// Routes are
//
//	POST /v1/license/request   the document of the license assigned to a token
//	POST /v1/license/activate  the same, if it is the license with license_id
//	GET  /v1/license/activate  that this is a licensing server, for whoever tries the way to it
//
// They are safe for concurrent use, also beside other processes on the same database.
func Routes(store *authority.Store, options Options) []api.Route {
	h := &handler{
		store:           store,
		reactivateAfter: cmp.Or(options.ReactivateAfter, DefaultReactivateAfter),
		byToken:         limit.New(options.Limit),
		strangers:       limit.New(options.UnknownLimit),
		lateness:        newLateness(cmp.Or(options.Delay, simulatedDelay)),
		now:             options.Now,
		failed:          options.Failed,
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.failed == nil {
		h.failed = func(error) {}
	}
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	return []api.Route{
		{Path: "/v1/license/request", Methods: post, Access: withToken, Answer: h.request},
		{Path: "/v1/license/activate", Methods: post, Access: withToken, Answer: h.activate},
		{Path: "/v1/license/activate", Methods: get, Access: api.Anyone, Answer: greet},
	}
}

// withToken may ask who has a token or an API key, which the body carries.
const withToken api.Access = "with a token"

// handler answers the requests.
type handler struct {
	store           *authority.Store
	reactivateAfter time.Duration
	byToken         *limit.Keyed
	strangers       *limit.Keyed // by address
	lateness        *lateness
	now             func() time.Time
	failed          func(error)
}

// request answers with the document of a token's license. A license ID that the
// client sends does not matter.
func (h *handler) request(r *http.Request) *api.Answer { return h.license(r, false) }

// activate answers with the document of a token's license if the client names its ID.
func (h *handler) activate(r *http.Request) *api.Answer { return h.license(r, true) }

// greet answers with what this is.
func greet(*http.Request) *api.Answer {
	return &api.Answer{Status: http.StatusOK, Body: map[string]string{"service": "license authority"}}
}

func (h *handler) license(r *http.Request, sameID bool) *api.Answer {
	asked, refusal := readRequest(r)
	if refusal != nil {
		return refusal
	}
	token, err := h.store.Judge(r.Context(), credential.NewSecret(asked.credential.Reveal()))
	switch {
	case err != nil:
		return api.Fail(err).To(asked.credential.String())
	case token == nil:
		return h.stranger(r).To(asked.credential.String())
	}
	return h.grant(question{asked, token, sameID}).To(token.ID)
}

// stranger answers to an unknown token. Known ones from the same address, which may be that of a whole company, are not
// limited by it.
func (h *handler) stranger(r *http.Request) *api.Answer {
	if wait := h.strangers.Wait(limit.Address(origin.Of(r).Address), h.now()); wait > 0 {
		return tooOften(wait)
	}
	return api.Refuse(http.StatusForbidden, license.MessageCredentialsInvalid)
}

func tooOften(wait time.Duration) *api.Answer {
	refusal := api.Refuse(http.StatusTooManyRequests, license.MessageRateLimited)
	refusal.RetryAfter = wait
	return refusal
}

// grant answers with the document of the token's license, or with the reason why not.
func (h *handler) grant(q question) *api.Answer {
	now := h.now()
	if wait := h.byToken.Wait(q.token.ID, now); wait > 0 {
		return tooOften(wait)
	}
	if q.token.Simulate != "" {
		return h.simulate(q)
	}
	document, refusal := h.documentFor(q, q.token.License, now)
	if refusal != nil {
		return refusal
	}
	document.Sign(q.credential.Reveal())
	h.store.NoteActivation(q.token, q.machine, h.failed)
	return &api.Answer{Status: http.StatusOK, Body: document}
}

// documentFor returns the document of a license, not yet signed, or the reason why there is none.
func (h *handler) documentFor(q question, granted *authority.License, now time.Time) (license.Document, *api.Answer) {
	if granted != nil && q.sameID && q.LicenseID != granted.ID {
		granted = nil
	}
	return decide(granted, q.Product, now, h.reactivateAfter)
}
