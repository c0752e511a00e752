package web

import (
	"errors"
	"net/http"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

// sessionList is what the page of the sessions shows.
type sessionList struct {
	Sessions []authority.Session
	// Current is the ID of the session of the browser that shows the page.
	Current string
}

func (s *Site) sessionsPage(v *visit) *reply {
	sessions, err := s.store.Sessions(v.Context(), v.session.MemberID)
	if err != nil {
		return fail(err)
	}
	return show("sessions", sessionList{Sessions: sessions, Current: v.session.ID})
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
	left := redirect("/login")
	left.cookie = v.sessionCookie(credential.Secret{})
	return left
}
