package oidc

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/oauth2"
)

// Why a login fails. An error wraps one of them. Its text is for the log, and has no secret; what a provider writes is
// never for users.
var (
	// ErrUnreachable says that the provider does not answer, or not in time, or is no provider.
	ErrUnreachable = errors.New("the OIDC provider cannot be used now")
	// ErrClient says that the provider does not know us.
	ErrClient = errors.New("the OIDC provider does not accept our client ID or secret")
	// ErrCode says that the provider does not accept a code: it was used, has expired, or was never one.
	ErrCode = errors.New("the OIDC provider does not accept the code")
	// ErrAnswer says that the provider's answer does not prove who somebody is.
	ErrAnswer = errors.New("the answer of the OIDC provider is not valid")
)

// maxText is how much of a text that comes from a provider gets into an error, in characters.
const maxText = 300

// withCause adds a cause to the reason of a failure. Its text may be a provider's, who knows the secrets of a login.
func withCause(reason, cause error, secrets ...string) error {
	text := cause.Error()
	for _, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			return fmt.Errorf("%w: it answers with a text that has a secret in it", reason)
		}
	}
	shown := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	if characters := []rune(shown); len(characters) > maxText {
		shown = string(characters[:maxText]) + "…"
	}
	return fmt.Errorf("%w: %s", reason, shown)
}

// errorCodes are those of a token endpoint (RFC 6749, section 5.2).
var errorCodes = []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
	"unsupported_grant_type", "invalid_scope"}

// exchangeError is why a code was not exchanged. The answer can have the code and the client's secret in it, as they
// were sent, so nothing of its text is taken over.
func exchangeError(err error, secrets ...string) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		text, _, _ := strings.Cut(failed.Err.Error(), `"`) // package net/http quotes most of what is no HTTP
		return withCause(ErrUnreachable, errors.New(text), secrets...)
	}
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return fmt.Errorf("%w: it has no token", ErrAnswer)
	}
	status := refused.Response.StatusCode
	switch code := refused.ErrorCode; {
	case status >= 500:
		return fmt.Errorf("%w: the token endpoint answers with status %d", ErrUnreachable, status)
	case code == "invalid_grant":
		return ErrCode
	case code == "invalid_client" || code == "unauthorized_client" || status == 401:
		return fmt.Errorf("%w: the token endpoint answers with status %d", ErrClient, status)
	case slices.Contains(errorCodes, code):
		return fmt.Errorf("%w: the token endpoint answers with status %d and %s", ErrAnswer, status, code)
	}
	return fmt.Errorf("%w: the token endpoint answers with status %d", ErrAnswer, status)
}
