package web

import (
	"errors"
	"net/http"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// invitation is what the page of a one-time link shows.
type invitation struct {
	form

	Email, Workspace string
	// Name is that of the member, or what was typed.
	Name string
	// HasJoined reports whether the member has joined before, and sets a new password.
	HasJoined bool
	MinLength int
	// Provider is a way to join without a password; nil if there is none.
	Provider *provider
}

// joined is where it goes on for a member who has used a link.
const joined = first + "?done=joined"

func (s *Site) invitePage(v *visit) *reply {
	shown, refusal := s.invitation(v)
	if refusal != nil {
		return refusal
	}
	return show("invite", shown)
}

// join sets the password of who has a one-time link, and logs them in.
func (s *Site) join(v *visit) *reply {
	shown, refusal := s.invitation(v)
	if refusal != nil {
		return refusal
	}
	if shown.checkAgain(); shown.HasProblem() {
		return unacceptable("invite", shown, "invite.again")
	}
	link, typed := credential.NewSecret(v.PathValue("secret")), credential.NewSecret(shown.Value("password"))
	cookie, err := s.store.Join(v.Context(), link, typed, shown.Name, v.UserAgent())
	if refused, ok := errors.AsType[authority.Refusal](err); ok && refused.Field == "" {
		return s.usedLink(v, refused)
	}
	switch {
	case shown.refused(err, "name", "password"):
		return unacceptable("invite", shown, "invite.invalid")
	case err != nil:
		return shown.keep(failedPassword(err), "invite", shown)
	}
	return s.enter(v, cookie, joined)
}

// invitation is what a link is for, or the answer that says why it is nothing.
func (s *Site) invitation(v *visit) (invitation, *reply) {
	if wait := s.limits.invites.Wait(v.address, s.now()); wait > 0 {
		return invitation{}, later(http.StatusTooManyRequests, "invite.limit", wait)
	}
	opened, err := s.store.OpenInvite(v.Context(), credential.NewSecret(v.PathValue("secret")))
	if refused, ok := errors.AsType[authority.Refusal](err); ok {
		return invitation{}, s.usedLink(v, refused)
	}
	if err != nil {
		return invitation{}, fail(err)
	}
	shown := invitation{
		form: formOf(v), Email: opened.Member.Email, Workspace: opened.Workspace, Name: opened.Member.Name,
		HasJoined: opened.Member.Joined != nil, MinLength: password.MinLength, Provider: s.provider(v, first),
	}
	if v.Method == http.MethodPost {
		shown.Name = shown.Value("name")
	}
	return shown, nil
}

// usedLink answers that a link does not work. Who has just used it, by pressing the button twice, is logged in.
func (s *Site) usedLink(v *visit, refused authority.Refusal) *reply {
	if email := v.PostFormValue("email"); v.Method == http.MethodPost && email != "" {
		if entered := s.enterAgain(v, email, joined); entered != nil {
			return entered
		}
	}
	return refuse(http.StatusNotFound, "invite.used", notice{
		Title: "This link does not work", Text: sentence(refused), Link: "/login", LinkText: "Log in",
	})
}
