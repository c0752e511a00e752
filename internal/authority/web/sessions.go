package web

import (
	"errors"
	"net/http"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// accountPage is what the page of the member's own account shows.
type accountPage struct {
	form
	Member    authority.Member
	MinLength int
	Sessions  []authority.Session
	// Current is the ID of the session of the browser that shows the page.
	Current string
}

// Name is the member's name, or what was typed for it.
func (a accountPage) Name() string {
	if a.typed.Has("name") {
		return a.Value("name")
	}
	return a.Member.Name
}

func (s *Site) accountPage(v *visit) *reply { return s.showAccount(v, formOf(v), "") }

// showAccount shows the account with a form, which was refused if there is a message about it for the log.
func (s *Site) showAccount(v *visit, sent form, refused string) *reply {
	sessions, err := s.store.Sessions(v.Context(), v.session.MemberID)
	if err != nil {
		return fail(err)
	}
	shown := accountPage{
		form: sent, Member: v.member, MinLength: password.MinLength, Sessions: sessions, Current: v.session.ID,
	}
	if refused != "" {
		return unacceptable("sessions", shown, refused)
	}
	return show("sessions", shown)
}

func (s *Site) changeName(v *visit) *reply {
	sent := formOf(v)
	name := sent.Value("name")
	_, err := v.scope.ChangeMember(v.Context(), v.member.ID, authority.MemberChange{Name: &name})
	if sent.refused(err, "name") {
		return s.showAccount(v, sent, "account.name")
	}
	if err != nil {
		return fail(err)
	}
	return redirectDone("/sessions", "name")
}

// changePassword sets the own password. Somebody at a browser that was left alone may try to guess the one there is:
// that counts like a login.
func (s *Site) changePassword(v *visit) *reply {
	if wait := s.limitOfLogin(v, v.member.Email); wait > 0 {
		return later(http.StatusTooManyRequests, "account.limit", wait)
	}
	sent := formOf(v)
	if sent.checkAgain(); sent.HasProblem() {
		return s.showAccount(v, sent, "account.again")
	}
	current, wanted := credential.NewSecret(sent.Value("current")), credential.NewSecret(sent.Value("password"))
	err := s.store.ChangePassword(v.Context(), v.member.ID, current, wanted, v.session.ID)
	if sent.refused(err, "current", "password") {
		return s.showAccount(v, sent, "account.password")
	}
	if err != nil {
		return failedPassword(err)
	}
	return redirectDone("/sessions", "password")
}

// endSessions ends the session that the form names, or all others.
func (s *Site) endSessions(v *visit) *reply {
	id := v.PostFormValue("session")
	if id == "others" {
		if _, err := s.store.EndSessions(v.Context(), v.session.MemberID, v.session.ID); err != nil {
			return fail(err)
		}
		return redirectDone("/sessions", "sessions")
	}
	err := s.store.EndSession(v.Context(), v.session.MemberID, id)
	if refusal, ok := errors.AsType[authority.Refusal](err); ok {
		return refuse(http.StatusNotFound, "session.unknown", notice{
			Title: "Nothing was ended", Text: sentence(refusal), Link: "/sessions", LinkText: "Back to the sessions",
		})
	}
	if err != nil {
		return fail(err)
	}
	if id != v.session.ID {
		return redirectDone("/sessions", "session")
	}
	return leave(v)
}
