package web

import (
	"context"
	"errors"

	"localstack-entrypoint/internal/authority"
)

// auditPage is what the page of the audit log shows.
type auditPage struct {
	Rows   []auditRow
	Search search
	Pager  pager
}

// auditRow is an entry of the audit log in words.
type auditRow struct {
	authority.Entry
	// What is what was done, in words that follow the name of who did it.
	What string
}

func (s *Site) auditPage(v *visit) *reply {
	query, read := v.URL.Query(), v.scope.AuditLog
	if search := query.Get("search"); search != "" {
		read = func(ctx context.Context, before string) (authority.Page[authority.Entry], error) {
			return v.scope.SearchAuditLog(ctx, search, before)
		}
	}
	entries, err := read(v.Context(), query.Get("before"))
	if refusal, ok := errors.AsType[authority.Refusal](err); err != nil && (!ok || refusal.Field != "search") {
		return fail(err)
	}
	shown := auditPage{Search: searchOf(v, "Search by email address"), Pager: pagerOf(v, "before", entries.Next)}
	for _, entry := range entries.Rows {
		shown.Rows = append(shown.Rows, auditRow{entry, inWordsOf(entry.Action)})
	}
	return show("audit", shown)
}

// actions are what the audit log calls actions, and the words for them.
var actions = map[string]string{
	"workspace.create":    "created the workspace",
	"workspace.rename":    "renamed the workspace",
	"workspace.migrate":   "took over the workspace",
	"member.sign-up":      "signed up",
	"member.add":          "added a member",
	"member.change":       "changed a member",
	"member.identity":     "connected an account of the OIDC provider",
	"member.unlink":       "disconnected an account of the OIDC provider",
	"member.password":     "set a password",
	"member.remove":       "removed a member",
	"invite.create":       "created a one-time link",
	"invite.revoke":       "revoked a one-time link",
	"invite.accept":       "used a one-time link",
	"session.start":       "logged in",
	"session.end":         "ended a session",
	"session.end-all":     "ended sessions",
	"subscription.create": "created a subscription",
	"subscription.change": "changed a subscription",
	"license.assign":      "assigned a license",
	"license.unassign":    "unassigned a license",
	"license.expire":      "changed when a license expires",
	"license.status":      "changed the status of a license",
	"token.create":        "created a token",
	"token.rename":        "renamed a token",
	"token.rotate":        "replaced a token",
	"token.revoke":        "revoked a token",
	"login.confirm":       "confirmed a login of lstk",
	"login.deny":          "denied a login of lstk",
}

// inWordsOf is an action in words; one that has none is shown as it is.
func inWordsOf(action string) string {
	if words, ok := actions[action]; ok {
		return words
	}
	return action
}
