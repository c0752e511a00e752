package platform

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/credential"
)

// begin begins a login.
func (p *platform) begin(r *http.Request) *api.Answer {
	var asked struct {
		Actor   string `json:"actor"`
		Version string `json:"version"`
	}
	if refusal := read(r, &asked); refusal != nil {
		return refusal
	}
	if refusal := p.limited(r, p.logins); refusal != nil {
		return refusal
	}
	client := strings.TrimSpace(asked.Actor + " " + asked.Version)
	if client == "" {
		client = "a client that did not say its name"
	}
	begun, exchange, err := p.store.RequestLogin(r.Context(), client)
	switch {
	case errors.Is(err, authority.ErrTooManyLogins):
		refusal := api.Refuse(http.StatusTooManyRequests, messageTooMany)
		refusal.RetryAfter = time.Minute
		return refusal
	case err != nil:
		return api.Fail(err)
	}
	return &api.Answer{Status: http.StatusCreated, Body: map[string]string{
		"id": begun.ID, "code": begun.Code, "exchange_token": exchange.Reveal(),
	}}
}

// status answers whether a login is confirmed. lstk asks once, when somebody presses a key.
func (p *platform) status(r *http.Request) *api.Answer {
	exchange := credential.NewSecret(r.URL.Query().Get("exchange_token"))
	login, err := p.store.LoginOf(r.Context(), r.PathValue("id"), exchange)
	switch {
	case err != nil:
		return api.Fail(err)
	case login == nil:
		return p.wrong(r, api.Refuse(http.StatusNotFound, messageUnknown))
	}
	confirmed := login.State == authority.LoginConfirmed || login.State == authority.LoginExchanged
	return &api.Answer{Status: http.StatusOK, Body: map[string]bool{"confirmed": confirmed}}
}

// bearerScheme is what lstk sends back as part of auth_token.
const bearerScheme = "Bearer "

// exchange answers with the bearer of a confirmed login, once.
func (p *platform) exchange(r *http.Request) *api.Answer {
	var asked struct {
		ExchangeToken string `json:"exchange_token"`
	}
	if refusal := read(r, &asked); refusal != nil {
		return refusal
	}
	id, exchange := r.PathValue("id"), credential.NewSecret(asked.ExchangeToken)
	bearer, err := p.store.ExchangeLogin(r.Context(), id, exchange)
	if err == nil {
		return &api.Answer{Status: http.StatusOK, Body: map[string]string{
			"id": id, "auth_token": bearerScheme + bearer.Reveal(),
		}}
	}
	if _, ok := errors.AsType[authority.Refusal](err); !ok {
		return api.Fail(err)
	}
	login, err := p.store.LoginOf(r.Context(), id, exchange)
	switch {
	case err != nil:
		return api.Fail(err)
	case login == nil:
		return p.wrong(r, api.Refuse(http.StatusNotFound, messageUnknown))
	}
	return api.Refuse(http.StatusForbidden, messageUnconfirmed)
}

// credentials answers with a new token of the member who has confirmed a login, once.
func (p *platform) credentials(r *http.Request) *api.Answer {
	// As for every bearer, the case of the scheme does not matter (RFC 9110, section 11.1).
	header := r.Header.Get("Authorization")
	if len(header) > len(bearerScheme) && strings.EqualFold(header[:len(bearerScheme)], bearerScheme) {
		token, err := p.store.LoginToken(r.Context(), credential.NewSecret(header[len(bearerScheme):]))
		if err == nil {
			return &api.Answer{Status: http.StatusOK, Body: map[string]string{"token": token.Reveal()}}
		}
		if _, ok := errors.AsType[authority.Refusal](err); !ok {
			return api.Fail(err)
		}
	}
	return p.wrong(r, api.Refuse(http.StatusUnauthorized, messageBearer))
}

// read reads the JSON object of a request; nil means that it has. The Content-Type does not matter, and neither do
// unknown fields. The refusal is none of 400, 401 and 403, which are verdicts to lstk.
func read(r *http.Request, into any) *api.Answer {
	content, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return api.Refuse(http.StatusRequestEntityTooLarge, api.MessageTooLarge)
	}
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil || !strings.HasPrefix(strings.TrimSpace(string(content)), "{") { // null fits any struct
		// err may quote the body, which may hold a secret.
		return api.Refuse(http.StatusUnprocessableEntity, messageBody)
	}
	return nil
}
