package web

import (
	"errors"
	"net/http"

	"localstack-entrypoint/internal/authority"
)

// ciKeyPage is what the page of a CI key shows.
type ciKeyPage struct {
	form
	Key   authority.Token
	Use   []authority.Activation
	Pager pager
	Seats seats
	// IsLost says that the key was rotated, but the answer that shows the new one may not have arrived.
	IsLost bool
}

func (s *Site) ciKeyPage(v *visit) *reply {
	return withCIKey(v, &ciKeyPage{form: formOf(v)}, show("ci-key", nil))
}

// withCIKey adds the key to an answer with its page.
func withCIKey(v *visit, shown *ciKeyPage, answer *reply) *reply {
	key, err := v.scope.CIToken(v.Context(), v.PathValue("id"))
	if err != nil {
		return noKey(err)
	}
	use, err := v.scope.CITokenUse(v.Context(), key.ID, v.URL.Query().Get("after"))
	if err != nil {
		return fail(err)
	}
	if shown.Seats, err = seatsOf(v); err != nil {
		return fail(err)
	}
	shown.Key, shown.Use, shown.Pager = key, use.Rows, pagerOf(v, "after", use.Next)
	if !shown.typed.Has("name") {
		shown.typed.Set("name", key.Name)
	}
	answer.data = shown
	return answer
}

// noKey answers that a key cannot be shown.
func noKey(err error) *reply {
	if refusal, ok := errors.AsType[authority.Refusal](err); !ok || refusal.Verdict != authority.NotFound {
		return fail(err)
	}
	return refuse(http.StatusNotFound, "ci_key.unknown", notice{
		Title: "There is no such CI key",
		Text:  "The link is wrong, or it is that of another workspace.",
		Link:  ciKeysPath, LinkText: "Back to the CI keys",
	})
}

// notDone shows the page of a key with what was wrong with one of its forms.
func (s *Site) notDone(v *visit, err error) *reply {
	shown := &ciKeyPage{form: formOf(v)}
	switch {
	case isSentBefore(err):
		shown.IsLost = true
		shown.problems[""] = "The form was sent twice, and counted once: the key was rotated. The first answer has shown " +
			"the new one. If you could not copy it there, rotate the key again: it cannot be shown again."
	case !shown.refused(err, "name", "subscription"):
		return fail(err)
	}
	return withCIKey(v, shown, unacceptable("ci-key", nil, "ci_key.refused"))
}

func (s *Site) renameCIKey(v *visit) *reply {
	err := v.scope.RenameCIToken(v.Context(), v.PathValue("id"), v.PostFormValue("name"))
	return s.changed(v, "ci-key-renamed", err)
}

func (s *Site) revokeCIKey(v *visit) *reply {
	return s.changed(v, "ci-key-revoked", v.scope.RevokeCIToken(v.Context(), v.PathValue("id")))
}

// licenseCIKey assigns a license to a key, or takes it away.
func (s *Site) licenseCIKey(v *visit) *reply {
	key, err := v.scope.CIToken(v.Context(), v.PathValue("id")) // and of nobody else
	if err != nil {
		return noKey(err)
	}
	if v.PostFormValue("license") == "unassign" {
		return s.changed(v, "ci-key-unassigned", v.scope.UnassignLicense(v.Context(), key.ID))
	}
	_, err = v.scope.AssignLicense(v.Context(), key.ID, v.PostFormValue("subscription"))
	return s.changed(v, "ci-key-assigned", err)
}

// changed leads back to the page of the key, which says what was done.
func (s *Site) changed(v *visit, what string, err error) *reply {
	if err != nil {
		return s.notDone(v, err)
	}
	return redirectDone(ciKeysPath+"/"+v.PathValue("id"), what)
}

func (s *Site) rotateCIKey(v *visit) *reply {
	key, err := v.scope.CIToken(v.Context(), v.PathValue("id"))
	if err != nil {
		return noKey(err)
	}
	secret, err := v.scope.RotateCIToken(v.Context(), key.ID)
	if err != nil {
		return s.notDone(v, err)
	}
	return showCIKey(v, key, secret, "The CI key was rotated. "+runsOnCI("the old one"))
}
