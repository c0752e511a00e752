package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	openid "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// retryAfter is how long a provider that was asked to describe itself is left alone. After a failure, who wants to log
// in meanwhile is told at once.
const retryAfter = 5 * time.Second

// Provider is an OIDC provider, which is asked who it is by [Provider.Check] or the first login: its failure is nobody
// else's. It is safe for concurrent use.
type Provider struct {
	settings Settings
	client   *http.Client
	now      func() time.Time

	// turn is for those who use the fields below.
	turn    chan struct{}
	found   *description
	failure error
	asked   time.Time
}

// description is what a provider says of itself.
type description struct {
	*openid.Provider

	config   *oauth2.Config
	verifier *openid.IDTokenVerifier
	// sendsIssuer reports whether an answer says who has given it (RFC 9207).
	sendsIssuer bool
	// isDoubted reports whether something failed that was done by it: the provider may sign with another algorithm since,
	// or have moved.
	isDoubted atomic.Bool
}

// New returns a provider with checked settings. It asks nobody anything.
func New(settings Settings, now func() time.Time) *Provider {
	if settings.Name == "" {
		if issuer, err := url.Parse(settings.Issuer); err == nil {
			settings.Name = issuer.Host
		}
	}
	return &Provider{settings: settings, client: newClient(), now: now, turn: make(chan struct{}, 1)}
}

// Name is the provider's for users.
func (p *Provider) Name() string { return p.settings.Name }

// Issuer is the provider's URL.
func (p *Provider) Issuer() string { return p.settings.Issuer }

// Check returns an error unless the provider says of itself what logins need.
func (p *Provider) Check(ctx context.Context) error {
	_, err := p.describe(ctx)
	return err
}

// describe returns what the provider says of itself, and asks it unless it is known already. A doubt has it asked
// again, but not at once, and without an answer what it said before goes on: anybody can make a login fail.
func (p *Provider) describe(ctx context.Context) (*description, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, ctx.Err())
	}
	since := p.now().Sub(p.asked)
	isRecent := (p.found != nil || p.failure != nil) && since >= 0 && since < retryAfter
	if isRecent || p.found != nil && !p.found.isDoubted.Load() {
		return p.found, p.failure
	}
	// Somebody who does not wait for the answer is no failure of the provider.
	found, err := p.discover(context.WithoutCancel(ctx))
	p.asked = p.now()
	if err == nil || p.found == nil {
		p.found, p.failure = found, err
	}
	return p.found, p.failure
}

// discover asks the provider to describe itself (OpenID Connect Discovery 1.0, section 4).
func (p *Provider) discover(ctx context.Context) (*description, error) {
	secret := p.settings.Secret.Reveal()
	provider, err := openid.NewProvider(openid.ClientContext(ctx, p.client), p.settings.Issuer)
	if err != nil {
		return nil, withCause(ErrUnreachable, p.discoveryError(err), secret)
	}
	var more struct {
		Keys        string `json:"jwks_uri"`
		SendsIssuer bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, withCause(ErrUnreachable, err, secret)
	}
	endpoint := provider.Endpoint()
	for name, address := range map[string]string{
		"authorization_endpoint": endpoint.AuthURL, "token_endpoint": endpoint.TokenURL, "jwks_uri": more.Keys,
		"userinfo_endpoint": provider.UserInfoEndpoint(),
	} {
		if err := p.checkEndpoint(address); err != nil && (address != "" || name != "userinfo_endpoint") {
			return nil, withCause(ErrUnreachable, fmt.Errorf("its %s is %q: %w", name, address, err), secret)
		}
	}
	if secret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client has only its ID
	}
	return &description{
		Provider: provider,
		config: &oauth2.Config{
			ClientID: p.settings.ClientID, ClientSecret: secret, Endpoint: endpoint,
			Scopes: []string{openid.ScopeOpenID, "email"},
		},
		verifier:    provider.Verifier(&openid.Config{ClientID: p.settings.ClientID, Now: p.now}),
		sendsIssuer: more.SendsIssuer,
	}, nil
}

// discoveryError says where it is that a provider does not describe itself.
func (p *Provider) discoveryError(err error) error {
	if other, ok := errors.AsType[*openid.IssuerMismatchError](err); ok {
		return fmt.Errorf("the issuer is set to %q, but the provider there calls itself %q", other.Provided, other.Discovered)
	}
	if _, hasURL := errors.AsType[*url.Error](err); hasURL {
		return err
	}
	return fmt.Errorf("%s%s: %w", strings.TrimSuffix(p.settings.Issuer, "/"), wellKnown, err)
}

// checkEndpoint returns an error unless a URL can be asked as safely as the issuer.
func (p *Provider) checkEndpoint(address string) error {
	endpoint, err := url.Parse(address)
	if err != nil || endpoint.Host == "" || !isSafe(endpoint) {
		return errors.New("it must be an https URL")
	}
	return nil
}
