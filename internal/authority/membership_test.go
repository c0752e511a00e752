package authority

import (
	"errors"
	"slices"
	"testing"
)

func TestAMemberChanges(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		name, admin := "Bo \U0001f600", Admin
		changed, err := one.as(one.bo).ChangeMember(ctx, one.bo.ID, MemberChange{Name: &name})
		one.must(err)
		permissions := []Permission{SeeAuditLog, ManageMembers}
		_, err = one.as(one.anna).ChangeMember(ctx, one.bo.Email, MemberChange{Role: &admin, Permissions: &permissions})
		one.must(err)
		shown, err := one.Member(ctx, one.bo.ID)
		one.must(err)
		isRight := shown.Name == name && shown.Role == Admin &&
			slices.Equal(shown.Permissions, []Permission{ManageMembers, SeeAuditLog})
		if !isRight || changed.Name != name {
			one.Errorf("the member is %+v", shown)
		}
		bad, unknown := "a\nb", []Permission{"root"}
		wrong := Role("root")
		one.refused(discard(one.ChangeMember(ctx, one.bo.ID, MemberChange{Name: &bad})), Invalid, "the name of the member")
		one.refused(discard(one.ChangeMember(ctx, one.bo.ID, MemberChange{Role: &wrong})), Invalid, "there is no role")
		one.refused(discard(one.ChangeMember(ctx, one.bo.ID, MemberChange{Permissions: &unknown})), Invalid, "no permission")
	})
}

func TestTheLastAdminStays(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		plain, admin := PlainMember, Admin
		stays := func() {
			one.Helper()
			for _, scope := range []Scope{one.Scope, one.as(one.anna)} {
				one.refused(scope.RemoveMember(ctx, one.anna.ID), Conflict, "is the last Admin")
				one.refused(discard(scope.ChangeMember(ctx, one.anna.ID, MemberChange{Role: &plain})), Conflict, "the last Admin")
			}
		}
		stays()
		// One who has not joined does not replace her.
		one.must(discard(one.ChangeMember(ctx, one.guest.ID, MemberChange{Role: &admin})))
		stays()
		one.must(one.RemoveMember(ctx, one.guest.ID))
		one.must(discard(one.ChangeMember(ctx, one.bo.ID, MemberChange{Role: &admin})))
		one.must(discard(one.as(one.anna).ChangeMember(ctx, one.anna.ID, MemberChange{Role: &plain})))
		one.refused(one.RemoveMember(ctx, one.bo.ID), Conflict, "bo.1@example.com is the last Admin")
		one.must(one.RemoveMember(ctx, one.anna.ID))
		// The first Admin of a workspace has not joined at first, and can be replaced by another who has not.
		fresh, err := one.store.CreateWorkspace(ctx, "fresh")
		one.must(err)
		scope := one.store.In(fresh.ID)
		wrong, _, err := scope.AddMember(ctx, NewMember{Email: "wrong@example.com", Role: Admin})
		one.must(err)
		one.refused(scope.RemoveMember(ctx, wrong.ID), Conflict, "is the last Admin")
		one.must(discard2(scope.AddMember(ctx, NewMember{Email: "right@example.com", Role: Admin})))
		one.must(scope.RemoveMember(ctx, wrong.ID))
	})
}

// What a page asks before it offers something is what the store does.
func TestPagesKnowWhatIsRefused(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		admin := Admin
		isLast := func(who Member, want bool) {
			one.Helper()
			if got, err := one.as(one.anna).IsLastAdmin(ctx, who.ID); err != nil || got != want {
				one.Errorf("whether %s is the last Admin: %t, %v", who.Email, got, err)
			}
		}
		isLast(one.anna, true)
		isLast(one.bo, false)
		one.must(discard(one.ChangeMember(ctx, one.guest.ID, MemberChange{Role: &admin})))
		isLast(one.anna, true)
		isLast(one.guest, false)

		one.give(one.bo, ManageMembers)
		manager := one.joined("mia", PlainMember, ManageMembers)
		all, assign := []Permission{ManageMembers, SeeAuditLog}, []Permission{AssignLicenses}
		_, err := one.CreateSubscription(ctx, Terms{Plan: "none"}, 0)
		one.must(err)
		for field, err := range map[string]error{
			"role":        discard(one.as(manager).ChangeMember(ctx, one.bo.ID, MemberChange{Role: &admin})),
			"permissions": discard(one.as(manager).ChangeMember(ctx, one.bo.ID, MemberChange{Permissions: &all})),
			"email":       discard2(one.AddMember(ctx, NewMember{Email: one.bo.Email})),
			"name":        discard(one.ChangeMember(ctx, one.bo.ID, MemberChange{Name: new("a\nb")})),
			"":            discard(one.as(manager).ChangeMember(ctx, one.anna.ID, MemberChange{Permissions: &assign})),
		} {
			if refusal, ok := errors.AsType[Refusal](err); !ok || refusal.Field != field {
				one.Errorf("the error is about the field %q, want %q: %v", refusal.Field, field, err)
			}
		}
		seats := one.subscription.Used + 1 // bo's
		one.must(discard(one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{Seats: &seats})))
		for _, subscription := range []string{"", "unknown", one.subscription.ID} {
			err := discard(one.AssignLicense(ctx, manager.ID, subscription))
			if refusal, ok := errors.AsType[Refusal](err); !ok || refusal.Field != "subscription" {
				one.Errorf("of %q, the error is about the field %q: %v", subscription, refusal.Field, err)
			}
		}
	})
}

// Admins who demote or remove each other at the same time leave one of them.
func TestAdminsWhoLeaveAtOnceLeaveOne(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		plain := PlainMember
		for round := range 10 {
			team := one.newTeam(100 + round)
			admins := []Member{team.anna}
			for _, name := range []string{"cleo", "dan", "eve"} {
				admins = append(admins, team.joined(name, Admin))
			}
			results := atOnce(len(admins), func(i int) error {
				by := team.as(admins[(i+1)%len(admins)])
				if i%2 == 0 {
					return by.RemoveMember(ctx, admins[i].ID)
				}
				return discard(by.ChangeMember(ctx, admins[i].ID, MemberChange{Role: &plain}))
			})
			page, err := team.Members(ctx, "", "")
			one.must(err)
			left := slices.DeleteFunc(page.Rows, func(m Member) bool { return m.Role != Admin })
			if len(left) < 1 {
				one.Fatalf("no Admin is left: %v", results)
			}
		}
	})
}

// Whoever was removed gets nothing from then on, also where an Admin's page still shows them.
func TestARemovedMemberGetsNothing(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		_, err := one.Invite(ctx, one.bo.ID)
		one.must(err)
		invite, err := one.Invite(ctx, one.bo.ID)
		one.must(err)
		who := account{id: one.bo.ID, workspace: one.workspace, email: one.bo.Email}
		var login AuthRequest
		one.must(one.store.change(ctx, func(t *tx) error { return discard(t.startSession(who, "browser")) }))
		login, exchange, err := one.store.RequestLogin(ctx, "lstk")
		one.must(err)
		sessions, err := one.store.Sessions(ctx, one.bo.ID)
		one.must(err)
		if decided, err := one.store.ConfirmLogin(ctx, login.ID, login.Code, sessions[0]); err != nil || !decided {
			one.Fatalf("the login is not confirmed: %t, %v", decided, err)
		}
		bearer, err := one.store.ExchangeLogin(ctx, login.ID, exchange)
		one.must(err)
		one.must(one.RemoveMember(ctx, one.bo.ID))

		if one.seat(one.boSecret) != "" {
			one.Error("their token is still good")
		}
		if subscription, err := one.Subscription(ctx, one.subscription.ID); err != nil || subscription.Used != 0 {
			one.Errorf("their seat is still used: %+v, %v", subscription, err)
		}
		if sessions, err := one.store.Sessions(ctx, one.bo.ID); err != nil || len(sessions) != 0 {
			one.Errorf("they have sessions: %+v, %v", sessions, err)
		}
		admin := Admin
		for name, err := range map[string]error{
			"a license":      discard(one.AssignLicense(ctx, one.bo.ID, one.subscription.ID)),
			"a token":        discard2(one.CreateMemberToken(ctx, one.bo.ID)),
			"another token":  discard2(one.ResetMemberToken(ctx, one.bo.ID)),
			"a role":         discard(one.ChangeMember(ctx, one.bo.ID, MemberChange{Role: &admin})),
			"a link":         discard(one.Invite(ctx, one.bo.ID)),
			"a password":     discard(one.store.AcceptInvite(ctx, invite.Secret, "$hash", "")),
			"a login":        discard(one.store.LoginToken(ctx, bearer)),
			"to be shown":    discard(one.Member(ctx, one.bo.ID)),
			"to be removed":  one.RemoveMember(ctx, one.bo.ID),
			"by the address": discard(one.AssignLicense(ctx, one.bo.Email, "")),
		} {
			if _, is := errors.AsType[Refusal](err); !is {
				one.Errorf("a removed member gets %s: %v", name, err)
			}
		}
	})
}

// A member who is removed while they get something has nothing afterwards.
func TestAMemberWhoIsRemovedMeanwhileHasNothing(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		for round := range 10 {
			team := one.newTeam(100 + round)
			cleo := team.joined("cleo", PlainMember, IssueOwnLicense)
			invite, err := team.Invite(ctx, cleo.ID)
			one.must(err)
			admin := Admin
			steps := []func() error{
				func() error { return team.RemoveMember(ctx, cleo.ID) },
				func() error { return discard(team.as(cleo).AssignLicense(ctx, cleo.ID, "")) },
				func() error { return discard2(team.as(cleo).CreateMemberToken(ctx, cleo.ID)) },
				func() error { return discard(team.ChangeMember(ctx, cleo.ID, MemberChange{Role: &admin})) },
				func() error { return discard(team.Invite(ctx, cleo.ID)) },
				func() error { return discard(one.store.AcceptInvite(ctx, invite.Secret, "$hash", "")) },
			}
			results := atOnce(len(steps), func(i int) error { return steps[i]() })
			one.must(results[0])
			for _, query := range []string{
				"SELECT id FROM tokens WHERE member_id = $1 AND revoked_at IS NULL",
				"SELECT id FROM licenses WHERE member_id = $1 AND assigned_at IS NOT NULL",
				"SELECT hash FROM invites WHERE member_id = $1",
				"SELECT id FROM members WHERE id = $1 AND password_hash IS NOT NULL",
			} {
				left, err := texts(ctx, one.store.reads, query, cleo.ID)
				one.must(err)
				if len(left) > 0 {
					one.Errorf("%s: %q; the results are %v", query, left, results)
				}
			}
		}
	})
}
