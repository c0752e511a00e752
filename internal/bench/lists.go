package main

import (
	"context"
	"fmt"
	"time"

	"localstack-entrypoint/internal/authority"
)

// readLists times what pages and commands need of the store.
func (v *visits) readLists(d *authorityData, set settings) error {
	ctx := context.Background()
	store, err := authority.Open(ctx, authority.Source{Dir: d.dir, Database: d.database})
	if err != nil {
		return err
	}
	defer store.Close()
	workspace, err := store.FirstWorkspace(ctx)
	if err != nil {
		return err
	}
	in := store.In(workspace.ID)
	for i := range set.visits {
		somebody := fmt.Sprintf("user-%d@example.org", 1+(i*7919+set.members/2)%set.members)
		for _, query := range []struct {
			kind string
			do   func() error
		}{
			{"store: members, a page", ignore(func() (any, error) { return in.Members(ctx, "", somebody) })},
			{"store: members, a search", ignore(func() (any, error) { return in.Members(ctx, somebody, "") })},
			{"store: members, a search in vain", ignore(func() (any, error) { return in.Members(ctx, "nobody", "") })},
			{"store: members, their number", ignore(func() (any, error) { return in.CountMembers(ctx) })},
			{"store: a member", ignore(func() (any, error) { return in.Member(ctx, somebody) })},
			{"store: tokens of a member", ignore(func() (any, error) { return in.MemberTokens(ctx, somebody) })},
			{"store: CI tokens, a page", ignore(func() (any, error) { return in.CITokens(ctx, "") })},
			{"store: subscriptions, seats counted", ignore(func() (any, error) { return in.Subscriptions(ctx) })},
			{"store: invites, a page", ignore(func() (any, error) { return in.Invites(ctx, "") })},
			{"store: audit log, a page", ignore(func() (any, error) { return in.AuditLog(ctx, "") })},
			{"store: unassign a license", func() error { return in.UnassignLicense(ctx, somebody) }},
			{"store: assign a license", ignore(func() (any, error) { return in.AssignLicense(ctx, somebody, "") })},
			{"store: reset a token", func() error { _, _, err := in.ResetMemberToken(ctx, somebody); return err }},
			{"store: remove a member", func() error { return in.RemoveMember(ctx, somebody) }},
		} {
			began := time.Now()
			if err := query.do(); err != nil {
				return fmt.Errorf("%s: %w", query.kind, err)
			}
			v.note(query.kind, time.Since(began))
		}
	}
	return nil
}

func ignore(query func() (any, error)) func() error {
	return func() error {
		_, err := query()
		return err
	}
}
