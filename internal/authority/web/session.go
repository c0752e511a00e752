package web

import (
	"net/http"
	"net/url"
	"strings"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

// sessionOf returns the session of a request's cookie; nil without one.
func (s *Site) sessionOf(r *http.Request, isPlain bool) (*authority.Session, error) {
	cookie, err := r.Cookie(cookieName(isPlain))
	if err != nil || cookie.Value == "" {
		return nil, nil
	}
	return s.store.Session(r.Context(), credential.NewSecret(cookie.Value))
}

// cookieName is the name of the session's cookie. Browsers take one with the prefix only over TLS and from this very
// host, not from a neighbor in its domain. Without TLS, other servers of this machine share our cookies, and many of
// them call theirs "session".
func cookieName(isPlain bool) string {
	if isPlain {
		return "authority-session"
	}
	return "__Host-session"
}

// sessionCookie keeps a session in the browser; an empty secret removes it there. The server knows when it ends.
func (v *visit) sessionCookie(secret credential.Secret) *http.Cookie {
	cookie := &http.Cookie{
		Name: cookieName(v.isPlain), Value: secret.Reveal(), Path: "/",
		HttpOnly: true, Secure: !v.isPlain, SameSite: http.SameSiteLaxMode,
	}
	if !secret.IsSet() {
		cookie.MaxAge = -1
	}
	return cookie
}

// askToLogIn sends a visitor to the login, which leads back to the page. A form cannot be sent again: its page can.
func (s *Site) askToLogIn(v *visit) *reply {
	return redirect("/login?" + url.Values{"next": {v.URL.RequestURI()}}.Encode())
}

// maxNext is more than any page's address has, in bytes.
const maxNext = 1000

// first is where a login leads without another page.
const first = "/getting-started"

// safeNext is where a login may lead to: a page of this site, whatever the text says.
func safeNext(text string) string {
	read, err := url.Parse(text)
	if err != nil || read.Scheme != "" || read.Host != "" || read.User != nil || read.Opaque != "" {
		return first
	}
	// Browsers take "//host" and "/\host" for another site, and drop control characters before they look.
	isOdd := func(r rune) bool { return r == '\\' || r <= ' ' || r > '~' }
	if len(text) > maxNext || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") ||
		strings.HasPrefix(read.Path, "//") || strings.ContainsFunc(text, isOdd) {
		return first
	}
	return text
}
