// Package oidc logs members in with an OpenID Connect provider: the authorization code flow of OpenID Connect Core 1.0,
// section 3.1, with a state, a nonce and PKCE (RFC 7636). It finds out who somebody is, and knows no members.
package oidc

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"localstack-entrypoint/internal/authority/origin"
	"localstack-entrypoint/internal/credential"
)

// Settings say which provider it is, and as whom we ask it.
type Settings struct {
	// Issuer is the provider's URL, character by character as the provider writes it in its tokens.
	Issuer string
	// ClientID and Secret are what the provider calls us. A public client has no secret.
	ClientID string
	Secret   credential.Secret
	// Name is the provider's for users; empty means the host of the issuer.
	Name string
}

// maxName is the longest name of a provider, in bytes: it is on a button.
const maxName = 50

// CheckIssuer returns an error unless text is the URL of an issuer (OpenID Connect Discovery 1.0, section 3). What the
// provider answers decides who is logged in, so it is asked over TLS, unless it is on this machine.
func CheckIssuer(text string) error {
	issuer, err := url.Parse(text)
	switch {
	case err != nil || issuer.Host == "" || issuer.Hostname() == "":
		return errors.New("it is no URL; use the one that the provider calls its issuer, such as https://idp.example.org")
	case !isSafe(issuer):
		return errors.New("it must begin with https://, because what the provider says decides who is logged in; " +
			"http:// is for a provider on this machine")
	case issuer.User != nil || issuer.RawQuery != "" || issuer.ForceQuery || strings.Contains(text, "#"):
		return errors.New("it must have no user, query or fragment")
	case strings.HasSuffix(strings.TrimSuffix(issuer.Path, "/"), wellKnown):
		return fmt.Errorf("leave out %s, which is not part of the issuer", wellKnown)
	}
	return nil
}

// CheckName returns an error unless text can be shown on a button.
func CheckName(text string) error {
	isOdd := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	switch {
	case len(text) > maxName:
		return fmt.Errorf("it has %d bytes; the maximum is %d", len(text), maxName)
	case strings.ContainsFunc(text, isOdd):
		return errors.New("it has a character that cannot be shown")
	}
	return nil
}

// wellKnown is where a provider describes itself, below its issuer.
const wellKnown = "/.well-known/openid-configuration"

// isSafe reports whether nobody on the way to a URL can answer in place of its server.
func isSafe(target *url.URL) bool {
	return target.Scheme == "https" || target.Scheme == "http" && origin.IsLoopback(target.Hostname())
}
