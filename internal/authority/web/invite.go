package web

import (
	"errors"
	"net/http"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// invitation is what the page of a one-time link shows.
type invitation struct {
	Email     string
	MinLength int
	Error     string
}

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
	typed := v.PostFormValue("password")
	if v.PostFormValue("again") != typed {
		shown.Error = "The two passwords are not the same."
		return &reply{status: http.StatusUnprocessableEntity, page: "invite", data: shown, message: "invite.again"}
	}
	link := credential.NewSecret(v.PathValue("secret"))
	cookie, err := s.store.Join(v.Context(), link, credential.NewSecret(typed), v.UserAgent())
	if refused, ok := errors.AsType[authority.Refusal](err); ok && refused.Field == "password" {
		shown.Error = sentence(refused)
		return &reply{status: http.StatusUnprocessableEntity, page: "invite", data: shown, message: "invite.password"}
	} else if ok {
		return usedLink(refused)
	}
	if err != nil {
		return failedPassword(err)
	}
	s.forget(v)
	entered := redirect(first)
	entered.cookie, entered.login = v.sessionCookie(cookie), api.LoggedIn
	return entered
}

// invitation is what a link is for, or the answer that says why it is nothing.
func (s *Site) invitation(v *visit) (invitation, *reply) {
	if wait := s.limits.invites.Wait(v.address, s.now()); wait > 0 {
		return invitation{}, later(http.StatusTooManyRequests, "invite.limit", wait)
	}
	opened, err := s.store.OpenInvite(v.Context(), credential.NewSecret(v.PathValue("secret")))
	if refused, ok := errors.AsType[authority.Refusal](err); ok {
		return invitation{}, usedLink(refused)
	}
	if err != nil {
		return invitation{}, fail(err)
	}
	return invitation{Email: opened.Member.Email, MinLength: password.MinLength}, nil
}

func usedLink(refused authority.Refusal) *reply {
	return refuse(http.StatusNotFound, "invite.used", notice{
		Title: "This link does not work", Text: sentence(refused), Link: "/login", LinkText: "Log in",
	})
}
