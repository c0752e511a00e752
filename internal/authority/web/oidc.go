package web

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/oidc"
)

const (
	// beginPath begins a login with the OIDC provider. No form leads there: the policy of our pages lets forms lead only
	// to us.
	beginPath = "/login/oidc"
	// CallbackPath is where the OIDC provider sends a browser back to, below the URL of the server.
	CallbackPath = "/login/oidc/callback"

	// maxCode is more than the code of any provider has, in bytes.
	maxCode = 4096
)

// provider is the OIDC provider on the page of the login; nil if there is none. The URL has the name of the server by
// which the provider knows it, which may be another one than that of the page.
func (s *Site) provider(v *visit, next string) *provider {
	if s.oidc == nil {
		return nil
	}
	return &provider{s.oidc.Name(), v.base + beginPath + "?" + url.Values{"next": {next}}.Encode()}
}

// beginOIDC sends the visitor to the provider. It changes nothing but a cookie of the browser.
func (s *Site) beginOIDC(v *visit) *reply {
	if refusal := s.checkOIDC(v); refusal != nil {
		return refusal
	}
	next := safeNext(v.URL.Query().Get("next"))
	if v.session != nil {
		return redirect(next)
	}
	begun, location, err := s.oidc.Begin(v.Context(), v.base+CallbackPath)
	if err != nil {
		return s.failedOIDC(err)
	}
	sent := redirect(location)
	sent.attempt = v.attemptCookie(oidcAttempt{Attempt: begun, next: next, at: s.now()}.encode())
	return sent
}

// endOIDC logs in who comes back from the provider, to the browser that has begun the login. Whatever comes of it, the
// browser cannot come back a second time.
func (s *Site) endOIDC(v *visit) *reply {
	if refusal := s.checkOIDC(v); refusal != nil {
		return refusal
	}
	query := v.URL.Query()
	begun, ok := attemptOf(v)
	if !ok || !isOne(query["state"], begun.State) || s.now().Sub(begun.at).Abs() > attemptLife {
		return s.strayOIDC(v)
	}
	answer := s.enterOIDC(v, begun, query)
	answer.attempt = v.attemptCookie("")
	return answer
}

// strayOIDC answers who comes back from the provider without a login that goes on. Who is logged in has gone back to
// the provider's page, or has finished in another tab: they stay who they are.
func (s *Site) strayOIDC(v *visit) *reply {
	if v.session != nil {
		return redirect(first)
	}
	return s.refuseOIDC("oidc.state", "This login was not started in this browser, is older than 10 minutes, has ended "+
		"already, or another one was started after it. Log in again.")
}

// enterOIDC begins the session that the answer of the provider is good for.
func (s *Site) enterOIDC(v *visit, begun oidcAttempt, query url.Values) *reply {
	if err := s.oidc.CheckResponse(v.Context(), query["iss"]); err != nil {
		return s.failedOIDC(err)
	}
	code := query.Get("code")
	switch {
	case len(query["error"]) > 0:
		return s.deniedOIDC(query["error"])
	case !isOne(query["code"], code) || len(code) > maxCode:
		return s.failedOIDC(fmt.Errorf("%w: it has no code", oidc.ErrAnswer))
	}
	proved, err := s.oidc.Finish(v.Context(), begun.Attempt, v.base+CallbackPath, code)
	if err != nil {
		return s.failedOIDC(err)
	}
	once := authority.WithForm(v.Context(), begun.State)
	cookie, err := s.store.EnterWith(once, authority.Identity(proved), v.UserAgent())
	if refusal, ok := errors.AsType[authority.Refusal](err); ok && refusal.Field == "form" {
		return s.refuseOIDC("oidc.again", "This login was used before.")
	} else if ok {
		text := sentence(refusal) + " To use another account of the provider, log out there first."
		return s.refuseOIDC("oidc.refused: "+refusal.Error(), text) // an operator is asked why, and has only the log
	}
	if err != nil {
		return fail(err)
	}
	return s.enter(v, cookie, begun.next)
}

// isOne reports whether a parameter was sent once, with this value, which is not empty.
func isOne(values []string, value string) bool {
	return value != "" && len(values) == 1 && subtle.ConstantTimeCompare([]byte(values[0]), []byte(value)) == 1
}

// checkOIDC refuses what is asked too often, or of a server without a provider.
func (s *Site) checkOIDC(v *visit) *reply {
	if s.oidc == nil {
		return refuse(http.StatusNotFound, "oidc.none", notice{
			Title: "There is no such login",
			Text:  "This server has no login with a provider. Log in with your password.",
			Link:  "/login", LinkText: "Log in",
		})
	}
	if wait := s.limits.providers.Wait(v.address, s.now()); wait > 0 {
		refusal := later(http.StatusTooManyRequests, "oidc.limit", wait)
		refusal.login = api.LoginLimited
		return refusal
	}
	return nil
}

// refuseOIDC answers that a login with the provider was refused.
func (s *Site) refuseOIDC(message, text string) *reply {
	refusal := refuse(http.StatusForbidden, message, notice{
		Title: "You are not logged in with " + s.oidc.Name(), Text: text, Link: "/login", LinkText: "Log in",
	})
	refusal.login = api.LoginRefused
	return refusal
}

// failedOIDC answers that a login with the provider has failed. Why is in the log.
func (s *Site) failedOIDC(err error) *reply {
	if errors.Is(err, oidc.ErrCode) {
		return s.refuseOIDC("oidc.code", "The provider's answer has expired, or was used before. Log in again.")
	}
	text := "The provider does not answer, or not as it should. Try again in a minute, or log in with your password; if " +
		"it stays so, ask whoever runs this server: its log says what is wrong."
	if !errors.Is(err, oidc.ErrUnreachable) {
		text = "This server cannot use the provider's answer. Try again; if it stays so, ask whoever runs this server: its " +
			"log says what is wrong."
	}
	failure := s.refuseOIDC("oidc.failed", text)
	failure.status, failure.cause = http.StatusBadGateway, err
	return failure
}

// refusals are the errors that a provider may send a browser back with (RFC 6749, section 4.1.2.1; OpenID Connect Core
// 1.0, section 3.1.2.6). Others are not repeated: they may be any text.
var refusals = []string{"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type",
	"invalid_scope", "server_error", "temporarily_unavailable", "interaction_required", "login_required",
	"account_selection_required", "consent_required", "request_not_supported"}

// deniedOIDC answers to who comes back with an error of the provider.
func (s *Site) deniedOIDC(codes []string) *reply {
	code := codes[0]
	if len(codes) > 1 || !slices.Contains(refusals, code) {
		code = "an unknown error"
	}
	if code == "access_denied" {
		return s.refuseOIDC("oidc.denied", "The provider did not let you in, or you have canceled. Nothing was changed.")
	}
	return s.failedOIDC(fmt.Errorf("%w: it refuses a login with %s", oidc.ErrAnswer, code))
}
