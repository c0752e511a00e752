package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"localstack-entrypoint/internal/authority/oidc"
)

// attemptLife is how long somebody may take to log in at the provider.
const attemptLife = 10 * time.Minute

// oidcAttempt is a login that a browser has begun.
type oidcAttempt struct {
	oidc.Attempt

	// next is the page where it leads, at when it began.
	next string
	at   time.Time
}

// encode returns the attempt as the value of a cookie.
func (a oidcAttempt) encode() string {
	return url.Values{
		"state": {a.State}, "nonce": {a.Nonce}, "verifier": {a.Verifier}, "next": {a.next},
		"at": {strconv.FormatInt(a.at.Unix(), 10)},
	}.Encode()
}

// attemptOf returns the login that the browser of a visit has begun.
func attemptOf(v *visit) (oidcAttempt, bool) {
	cookie, err := v.Cookie(attemptName(v.isPlain))
	if err != nil {
		return oidcAttempt{}, false
	}
	values, err := url.ParseQuery(cookie.Value)
	if err != nil {
		return oidcAttempt{}, false
	}
	at, err := strconv.ParseInt(values.Get("at"), 10, 64)
	begun := oidcAttempt{oidc.Attempt{
		State: values.Get("state"), Nonce: values.Get("nonce"), Verifier: values.Get("verifier"),
	}, safeNext(values.Get("next")), time.Unix(at, 0)}
	return begun, err == nil && begun.State != "" && begun.Nonce != "" && begun.Verifier != ""
}

// attemptName is the name of the cookie of a login that has begun: see [cookieName].
func attemptName(isPlain bool) string {
	if isPlain {
		return "oidc"
	}
	return "__Host-oidc"
}

// attemptCookie keeps a login in the browser, or removes it there if value is empty. The browser sends it when the
// provider leads it back, because that is a link (SameSite=Lax).
func (v *visit) attemptCookie(value string) *http.Cookie {
	cookie := &http.Cookie{
		Name: attemptName(v.isPlain), Value: value, Path: "/", MaxAge: int(attemptLife.Seconds()),
		HttpOnly: true, Secure: !v.isPlain, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	return cookie
}
