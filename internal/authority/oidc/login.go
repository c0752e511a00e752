package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"time"

	openid "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// loginWait bounds what the provider is asked when somebody comes back from it.
const loginWait = 6 * time.Second

// Attempt is a login that has begun. The browser that began it keeps it, and no other browser can end it.
type Attempt struct {
	// State comes back with the browser, Nonce in the token. Verifier proves to the provider who began (RFC 7636).
	State, Nonce, Verifier string
}

// Identity is who the provider says that somebody is.
type Identity struct {
	// Issuer and Subject name the person for ever.
	Issuer, Subject string
	// Email is their address; empty if the provider does not say it.
	Email string
	// EmailVerified reports whether the provider has checked that the address is theirs.
	EmailVerified bool
}

// Begin returns a new login, and the URL at the provider to which the browser is sent. The provider sends it back to
// callback. The error wraps [ErrUnreachable].
func (p *Provider) Begin(ctx context.Context, callback string) (Attempt, string, error) {
	described, err := p.describe(ctx)
	if err != nil {
		return Attempt{}, "", err
	}
	begun := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	location := described.config.AuthCodeURL(begun.State, openid.Nonce(begun.Nonce),
		oauth2.S256ChallengeOption(begun.Verifier), oauth2.SetAuthURLParam("redirect_uri", callback))
	return begun, location, nil
}

// CheckResponse returns an error if an answer is not the provider's (RFC 9207). said are the values of its parameter
// "iss", of which most providers send none.
func (p *Provider) CheckResponse(ctx context.Context, said []string) error {
	described, err := p.describe(ctx)
	switch {
	case err != nil:
		return err
	case len(said) == 0 && !described.sendsIssuer, len(said) == 1 && said[0] == p.settings.Issuer:
		return nil
	}
	if len(said) == 0 {
		described.isDoubted.Store(true)
		return fmt.Errorf("%w: it has no iss, which the provider says that it sends (RFC 9207)", ErrAnswer)
	}
	return fmt.Errorf("%w: it does not come from %s", ErrAnswer, p.settings.Issuer)
}

// Finish returns who has come back from the provider with a code. callback is as for Begin.
func (p *Provider) Finish(ctx context.Context, begun Attempt, callback, code string) (Identity, error) {
	ctx, cancel := context.WithTimeout(openid.ClientContext(ctx, p.client), loginWait)
	defer cancel()
	described, err := p.describe(ctx)
	if err != nil {
		return Identity{}, err
	}
	proved, err := p.exchange(ctx, described, begun, callback, code)
	// Somebody who does not wait for the answer is no failure of the provider.
	if err != nil && !errors.Is(err, ErrCode) && !errors.Is(ctx.Err(), context.Canceled) {
		described.isDoubted.Store(true)
	}
	return proved, err
}

// exchange gives the provider a code, and returns whom it is for.
func (p *Provider) exchange(
	ctx context.Context, described *description, begun Attempt, callback, code string,
) (Identity, error) {
	tokens, err := described.config.Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier),
		oauth2.SetAuthURLParam("redirect_uri", callback))
	secrets := []string{p.settings.Secret.Reveal(), code, begun.Verifier}
	if err != nil {
		return Identity{}, exchangeError(err, secrets...)
	}
	raw, _ := tokens.Extra("id_token").(string)
	secrets = append(secrets, tokens.AccessToken, tokens.RefreshToken, raw)
	found, err := p.verify(ctx, described, tokens, raw, begun.Nonce)
	if err != nil {
		return Identity{}, withCause(ErrAnswer, err, secrets...)
	}
	said, err := claimsOf(ctx, described, tokens, found)
	if _, isUnanswered := errors.AsType[*url.Error](err); isUnanswered {
		return Identity{}, withCause(ErrUnreachable, err, secrets...)
	}
	if err != nil {
		return Identity{}, withCause(ErrAnswer, err, secrets...)
	}
	return Identity{
		Issuer: p.settings.Issuer, Subject: found.Subject, Email: said.Email, EmailVerified: said.isVerified(),
	}, nil
}

// verify checks an ID token (OpenID Connect Core 1.0, section 3.1.3.7).
func (p *Provider) verify(
	ctx context.Context, described *description, tokens *oauth2.Token, raw, nonce string,
) (*openid.IDToken, error) {
	if raw == "" {
		return nil, errors.New("there is no ID token")
	}
	found, err := described.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	var more struct {
		Party *string `json:"azp"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(found.Nonce), []byte(nonce)) != 1:
		return nil, errors.New("the ID token is of another login: its nonce is not ours")
	case more.Party == nil && len(found.Audience) > 1, more.Party != nil && *more.Party != p.settings.ClientID:
		return nil, errors.New("the ID token was issued to another client (azp)")
	case found.Subject == "":
		return nil, errors.New("the ID token has no subject")
	case found.AccessTokenHash != "":
		return found, found.VerifyAccessToken(tokens.AccessToken)
	}
	return found, nil
}
