// Package proxy finds the proxy on the way to a host as the program that is started does: Python's requests,
// with urllib's rules for variables. What is said of Python here was read in its sources and is compared with
// real requests by the tests.
package proxy

import (
	"encoding/base64"
	"net/url"
	"strings"

	"localstack-entrypoint/internal/credential"
)

// Setting is the address of a proxy, a secret as a whole, since it may hold a password.
type Setting struct {
	credential.Secret
	// Variable is the name of the environment variable that holds it.
	Variable string
}

// Decode reads the address of a proxy; see [Parse].
func (s *Setting) Decode(value string) error {
	value = strings.TrimSpace(value)
	if _, err := Parse(value); err != nil {
		return err
	}
	s.Secret = credential.NewSecret(value)
	return nil
}

// URL is the address of the proxy; nil when none is set.
func (s Setting) URL() *url.URL {
	if !s.IsSet() {
		return nil
	}
	parsed, _ := Parse(s.Reveal()) // it was parsed before
	return parsed
}

// IgnoresExceptions reports whether NO_PROXY does not count: LocalStack hands its own OUTBOUND_HTTP_PROXY and
// OUTBOUND_HTTPS_PROXY to requests with each request, which then does not look at NO_PROXY.
func (s Setting) IgnoresExceptions() bool { return strings.HasPrefix(s.Variable, "OUTBOUND_") }

// Secrets are the password as it is, as it stands in the variable, and with the user's name as it is sent
// (RFC 7617); there are none without one.
func (s Setting) Secrets() []credential.Secret {
	proxy := s.URL()
	if proxy == nil || proxy.User == nil {
		return nil
	}
	authority, _, _ := cutLast(s.Reveal(), "@")
	if _, rest, found := strings.Cut(authority, "://"); found {
		authority = rest
	}
	_, written, _ := strings.Cut(authority, ":")
	password, _ := proxy.User.Password()
	sent := base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password))
	var secrets []credential.Secret
	for _, text := range []string{password, fromLatin1(password), written, sent} {
		secrets = append(secrets, credential.NewSecret(text))
	}
	return secrets
}

// cutLast is [strings.Cut] at the last separator; without one, all is after it.
func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return "", text, false
	}
	return text[:at], text[at+len(separator):], true
}
