package web

import (
	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

const ciKeysPath = "/workspace/ci-keys"

// ciKeysPage is what the page of the CI keys shows.
type ciKeysPage struct {
	form
	Keys  []authority.Token
	Pager pager
	Seats seats
}

func (s *Site) ciKeysPage(v *visit) *reply {
	return withCIKeys(v, &ciKeysPage{form: formOf(v)}, show("ci-keys", nil))
}

// withCIKeys adds a page of the list to an answer with it.
func withCIKeys(v *visit, shown *ciKeysPage, answer *reply) *reply {
	keys, err := v.scope.CITokens(v.Context(), v.URL.Query().Get("before"))
	if err != nil {
		return fail(err)
	}
	shown.Keys, shown.Pager = keys.Rows, pagerOf(v, "before", keys.Next)
	if shown.Seats, err = seatsOf(v); err != nil {
		return fail(err)
	}
	answer.data = shown
	return answer
}

// createCIKey makes a key, with a license if the form names a subscription.
func (s *Site) createCIKey(v *visit) *reply {
	name, subscription := v.PostFormValue("name"), v.PostFormValue("subscription")
	var key authority.Token
	var secret credential.Secret
	var err error
	if subscription == "" {
		key, secret, err = v.scope.CreateCIToken(v.Context(), name)
	} else {
		key, secret, err = v.scope.CreateLicensedCIToken(v.Context(), name, subscription)
	}
	if err == nil {
		return showCIKey(v, key, secret, "The CI key was created.")
	}
	shown := &ciKeysPage{form: formOf(v)}
	switch {
	case isSentBefore(err):
		shown.typed = nil // it has done what it was for
		shown.problems[""] = "The form was sent twice, and counted once: the key is the newest of the list. The first " +
			"answer has shown it. If you could not copy it there, rotate the key: it cannot be shown again."
	case !shown.refused(err, "name", "subscription"):
		return fail(err)
	}
	return withCIKeys(v, shown, unacceptable("ci-keys", nil, "ci_key.refused"))
}

// showCIKey shows a key that was made or rotated.
func showCIKey(v *visit, key authority.Token, secret credential.Secret, what string) *reply {
	page := notice{Link: ciKeysPath + "/" + key.ID, LinkText: key.Name}
	shown := madeToken{
		Title: "Copy the CI key now", Done: what, Secret: secret, IsCI: true, Page: page,
		Lines: "API_ENDPOINT=" + addressOf(v.base).API,
	}
	if licenseBadge(key.License).Class != "good" {
		shown.Missing = &notice{
			Text: "It has no active license yet, and without one no container starts with it. Assign one on the page of the " +
				"key.",
			Link: page.Link, LinkText: "Assign a license",
		}
	}
	return show("made-token", shown)
}
