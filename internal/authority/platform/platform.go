// Package platform is what lstk, LocalStack's command line, asks its platform for beside licenses: `lstk login`, and
// whether there are snapshots (https://github.com/localstack/lstk, internal/api/client.go).
//
// lstk takes 400, 401 and 403 for verdicts, and reads 1,024 bytes of an error. While the state is not known, the
// answer is 5xx.
package platform

import (
	"context"
	"net/http"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/origin"
)

// Messages of refusals. See package api for why they do not begin as those of a license.
const (
	messageUnknown     = "auth.request: no such login, or not with this exchange_token; run lstk login again"
	messageUnconfirmed = "auth.request: the login is not confirmed, has expired, or was used before; run lstk login again"
	messageTooMany     = "auth.request: too many logins from this address; try again later"
	messageBearer      = "auth.bearer: not the auth_token of a login, or used before; run lstk login again"
	messageBody        = "request.body: not the JSON object of this request"
	messageCloudPods   = "generic.forbidden: this license authority has no cloud pods"
)

// Options are the settings of the platform's routes.
type Options struct {
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// The limits of an address. Colleagues may share one.
var (
	limitOfLogins  = limit.Rate{Requests: 100, Period: 10 * time.Minute}
	limitOfGuesses = limit.Rate{Requests: 100, Period: 10 * time.Minute}
)

// Routes are
//
//	POST /v1/auth/request                begins a login, which a member confirms in a browser
//	GET  /v1/auth/request/{id}           whether it is confirmed
//	POST /v1/auth/request/{id}/exchange  a bearer for the next request, once
//	GET  /v1/license/credentials         a new token of the member, once
//	     /v1/cloudpods, /{name}          403: not in this plan
//
// Each proves itself by the secret that the one before has answered. They are safe for concurrent use.
func Routes(store *authority.Store, options Options) []api.Route {
	p := &platform{store: store, now: options.Now, logins: limit.New(limitOfLogins), guesses: limit.New(limitOfGuesses)}
	if p.now == nil {
		p.now = time.Now
	}
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	all := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	routes := []api.Route{
		{Path: "/v1/auth/request", Methods: post, Access: api.Anyone, Answer: p.begin},
		{Path: "/v1/auth/request/{id}", Methods: get, Access: ofLogin, Answer: p.status},
		{Path: "/v1/auth/request/{id}/exchange", Methods: post, Access: ofLogin, Answer: p.exchange},
		{Path: "/v1/license/credentials", Methods: get, Access: ofLogin, Answer: p.credentials},
		{Path: "/v1/cloudpods", Methods: all, Access: api.Anyone, Answer: noCloudPods},
		{Path: "/v1/cloudpods/{name}", Methods: all, Access: api.Anyone, Answer: noCloudPods},
	}
	for i, route := range routes {
		routes[i].Answer = func(r *http.Request) *api.Answer {
			ctx, cancel := context.WithTimeout(asClient(r), patience)
			defer cancel()
			return route.Answer(r.WithContext(ctx))
		}
	}
	return routes
}

// ofLogin may ask who has begun a login: each request carries the secret that the one before has answered.
const ofLogin api.Access = "of a login"

// patience bounds an answer. lstk waits for 30 s.
const patience = 5 * time.Second

// asClient is the context for what a client on the network does.
func asClient(r *http.Request) context.Context {
	return authority.WithActor(r.Context(), authority.Actor{Name: "lstk", Address: origin.Of(r).Address.String()})
}

// platform answers the requests.
type platform struct {
	store *authority.Store
	now   func() time.Time
	// logins limits how many logins an address begins, guesses how often it comes with a wrong secret.
	logins, guesses *limit.Keyed
}

// noCloudPods answers as for a plan without snapshots. lstk takes a 404 for a snapshot that does not exist.
func noCloudPods(*http.Request) *api.Answer {
	return api.Refuse(http.StatusForbidden, messageCloudPods)
}

// limited refuses with 429 what comes too often from an address; nil lets it pass.
func (p *platform) limited(r *http.Request, by *limit.Keyed) *api.Answer {
	wait := by.Wait(limit.Address(origin.Of(r).Address), p.now())
	if wait == 0 {
		return nil
	}
	refusal := api.Refuse(http.StatusTooManyRequests, messageTooMany)
	refusal.RetryAfter = wait
	return refusal
}

// wrong refuses a secret that is not known, and limits how often an address guesses.
func (p *platform) wrong(r *http.Request, refusal *api.Answer) *api.Answer {
	if limited := p.limited(r, p.guesses); limited != nil {
		return limited
	}
	return refusal
}
