package oidc

import (
	"context"
	"errors"
	"fmt"

	openid "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// claims are what a provider says about an email address.
type claims struct {
	Subject string `json:"sub"`
	Email   string `json:"email"`
	// Verified is nil if the provider does not say it.
	Verified *verdict `json:"email_verified"`
	// DomainVerified is what Microsoft Entra ID says instead, if it is told to: that the owner of the address's domain was
	// verified.
	DomainVerified verdict `json:"xms_edov"`
}

func (c claims) isVerified() bool {
	if c.Verified == nil {
		return bool(c.DomainVerified)
	}
	return bool(*c.Verified)
}

// verdict is a boolean. Amazon Cognito, Apple, PayPal and JumpCloud write it as "true", and Entra writes 1, too.
// Anything else is false.
type verdict bool

// UnmarshalJSON reads a boolean.
func (v *verdict) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `true`, `"true"`, `1`, `"1"`:
		*v = true
	default:
		*v = false
	}
	return nil
}

// claimsOf returns what the ID token says about the email address, or else what the provider's userinfo endpoint says
// (OpenID Connect Core 1.0, section 5.3): many providers put it only there.
func claimsOf(
	ctx context.Context, described *description, tokens *oauth2.Token, found *openid.IDToken,
) (said claims, err error) {
	if err := found.Claims(&said); err != nil {
		return claims{}, err
	}
	if said.Email != "" && (said.Verified != nil || said.isVerified()) || described.UserInfoEndpoint() == "" {
		return said, nil
	}
	answer, err := described.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return claims{}, fmt.Errorf("the userinfo endpoint: %w", err)
	}
	if answer.Subject != found.Subject {
		return claims{}, errors.New("the userinfo endpoint speaks of another subject than the ID token")
	}
	var more claims
	if err := answer.Claims(&more); err != nil || more.Email == "" {
		return said, err
	}
	return more, nil
}
