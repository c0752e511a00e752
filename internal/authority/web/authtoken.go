package web

import (
	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

const authTokenPath = "/workspace/auth-token" //nolint:gosec // no token

// authTokenPage is what the page of a member's own tokens shows.
type authTokenPage struct {
	form
	// Token is the developer token; nil if there is none.
	Token *authority.Token
	// Logins are the tokens of logins with lstk.
	Logins []authority.Token
	Pager  pager
	// IsLost says that a token was made, but the answer that shows it may not have arrived.
	IsLost bool
}

func (s *Site) authTokenPage(v *visit) *reply {
	return withAuthToken(v, &authTokenPage{form: formOf(v)}, show("auth-token", nil))
}

// withAuthToken adds the tokens of the visitor to an answer with their page.
func withAuthToken(v *visit, shown *authTokenPage, answer *reply) *reply {
	token, err := v.scope.DeveloperToken(v.Context(), v.member.ID)
	if err != nil {
		return fail(err)
	}
	logins, err := v.scope.LoginTokens(v.Context(), v.member.ID, v.URL.Query().Get("before"))
	if err != nil {
		return fail(err)
	}
	shown.Token, shown.Logins, shown.Pager = token, logins.Rows, pagerOf(v, "before", logins.Next)
	answer.data = shown
	return answer
}

func (s *Site) createAuthToken(v *visit) *reply {
	_, secret, err := v.scope.CreateMemberToken(v.Context(), v.member.ID)
	return authTokenMade(v, secret, err, "Your Auth Token was created.")
}

func (s *Site) resetAuthToken(v *visit) *reply {
	_, secret, err := v.scope.ResetMemberToken(v.Context(), v.member.ID)
	return authTokenMade(v, secret, err, "Your Auth Token was reset. "+runsOn("the old one"))
}

// authTokenMade shows a new token, or why there is none.
func authTokenMade(v *visit, secret credential.Secret, err error, what string) *reply {
	if err == nil {
		return show("made-token", madeToken{
			Title: "Copy your Auth Token now", Done: what, Secret: secret, Missing: missingLicense(v.member),
			Lines: "export LOCALSTACK_AUTH_TOKEN=" + secret.Reveal() + "\n" + lines("docker.sh", addressOf(v.base)),
			Page:  notice{Link: authTokenPath, LinkText: "Auth Token"},
		})
	}
	shown := &authTokenPage{form: formOf(v)}
	switch {
	case isSentBefore(err):
		shown.IsLost = true
		shown.problems[""] = "The form was sent twice, and counted once: you have a new token. The first answer has " +
			"shown it. If you could not copy it there, reset the token: it cannot be shown again."
	case !shown.refused(err):
		return fail(err)
	}
	return withAuthToken(v, shown, unacceptable("auth-token", nil, "token.refused"))
}

// missingLicense says what a member lacks to use a token; nil for nothing.
func missingLicense(member authority.Member) *notice {
	lacks := &notice{Link: myLicensePath, LinkText: "My License"}
	granted := member.License
	switch {
	case !isAssigned(granted):
		lacks.Text = "You have no license yet, and without one no container starts with this token. An Admin of your " +
			"workspace can assign one to you."
		if mayIssue(member) {
			lacks.Text = "You have no license yet, and without one no container starts with this token. Assign yourself a " +
				"license first."
		}
	case granted.Status != license.StatusActive:
		lacks.Text = "Your license is not active, and without an active one no container starts with this token."
	default:
		return nil
	}
	return lacks
}

// revokeToken revokes the token that the form names.
func (s *Site) revokeToken(v *visit) *reply {
	if err := v.scope.RevokeMemberToken(v.Context(), v.PostFormValue("token")); err != nil {
		return fail(err)
	}
	return redirectDone(authTokenPath, "token-revoked")
}
