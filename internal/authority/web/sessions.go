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
	// Done says what has just happened.
	Done string
}

func (s *Site) sessionsPage(v *visit) *reply {
	sessions, err := s.store.Sessions(v.Context(), v.session.MemberID)
	if err != nil {
		return fail(err)
	}
	return show("sessions", sessionList{Sessions: sessions, Current: v.session.ID, Done: done[v.URL.Query().Get("done")]})
}

// done are the sentences about what has happened, by what the address of a page says.
var done = map[string]string{
	"session":  "The session was ended.",
	"sessions": "All other sessions were ended.",
}

// endSessions ends the session that the form names, or all others.
func (s *Site) endSessions(v *visit) *reply {
	id := v.PostFormValue("session")
	if id == "others" {
		if _, err := s.store.EndSessions(v.Context(), v.session.MemberID, v.session.ID); err != nil {
			return fail(err)
		}
		return redirect("/sessions?done=sessions")
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
		return redirect("/sessions?done=session")
	}
	left := redirect("/login")
	left.cookie = v.sessionCookie(credential.Secret{})
	return left
}
