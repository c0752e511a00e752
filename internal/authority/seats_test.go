package authority

import (
	"fmt"
	"testing"
	"time"

	"localstack-entrypoint/internal/license"
)

func TestThereAreNeverMoreLicensesThanSeats(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.must(discard(one.AssignLicense(ctx, one.ci.ID, ""))) // the only subscription
		one.must(discard(one.AssignLicense(ctx, one.anna.ID, one.subscription.ID)))
		one.refused(discard(one.AssignLicense(ctx, one.guest.ID, "")), Conflict, "3 of 3 seats used: unassign one")
		used := func(want int) {
			one.Helper()
			all, err := one.Subscriptions(ctx)
			one.must(err)
			if len(all) != 1 || all[0].Used != want || all[0].Seats != 3 {
				one.Errorf("%d seats are used: %+v", want, all)
			}
		}
		used(3)
		one.must(discard(one.AssignLicense(ctx, one.bo.ID, ""))) // who has one
		used(3)
		one.must(one.UnassignLicense(ctx, one.bo.ID))
		one.must(one.UnassignLicense(ctx, one.bo.ID))
		used(2)
		one.must(discard(one.AssignLicense(ctx, one.guest.Email, "")))
		used(3)
		one.refused(discard(one.AssignLicense(ctx, one.bo.ID, "")), Conflict, "3 of 3 seats used")
		one.must(one.RemoveMember(ctx, one.guest.ID))
		one.must(one.RevokeCIToken(ctx, one.ci.ID))
		used(1)
		one.refused(discard(one.AssignLicense(ctx, one.ci.ID, "")), Conflict, "the token is revoked")
	})
}

// Admins who assign the same last seat at the same time do not both get it.
func TestTheLastSeatIsTakenOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		var members []Member
		for i := range 8 {
			members = append(members, one.joined(fmt.Sprint("member", i), PlainMember, IssueOwnLicense))
		}
		for range 5 {
			for _, member := range members {
				one.must(one.UnassignLicense(ctx, member.ID))
			}
			results := atOnce(len(members), func(i int) error {
				scope := one.as(one.anna)
				if i%2 == 0 {
					scope = one.as(members[i])
				}
				return discard(scope.AssignLicense(ctx, members[i].ID, one.subscription.ID))
			})
			if well := one.split(results, "3 of 3 seats used"); well != 2 { // bo has the third
				one.Fatalf("%d members got 2 seats", well)
			}
		}
	})
}

// Unassigning and assigning again gives the same license, so that a container's stored document is known again.
func TestALicenseKeepsItsID(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		id := one.seat(one.boSecret)
		if id == "" {
			one.Fatal("the member has no license")
		}
		one.must(one.UnassignLicense(ctx, id))
		if one.seat(one.boSecret) != "" {
			one.Error("the license is still good")
		}
		other, err := one.CreateSubscription(ctx, Terms{Plan: "enterprise"}, 1)
		one.must(err)
		again, err := one.AssignLicense(ctx, one.bo.ID, "") // that which the member had
		one.must(err)
		moved, err := one.AssignLicense(ctx, id, other.ID)
		one.must(err)
		isSame := again.ID == id && moved.ID == id && one.seat(one.boSecret) == id
		if !isSame || again.Plan != "team" || moved.Plan != "enterprise" {
			one.Errorf("the license %s became %+v, then %+v", id, again, moved)
		}
		one.refused(discard(one.AssignLicense(ctx, one.anna.ID, other.ID)), Conflict, "1 of 1 seat used")
		one.refused(discard(one.AssignLicense(ctx, one.anna.ID, "")), Invalid, "several subscriptions: say which")
		for id, want := range map[string]int{one.subscription.ID: 0, other.ID: 1} {
			if now, err := one.Subscription(ctx, id); err != nil || now.Used != want {
				one.Errorf("%+v, %v", now, err)
			}
		}
	})
}

func TestOnlyAnActiveSubscriptionHasSeatsToAssign(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		change := func(change SubscriptionChange) {
			one.Helper()
			one.must(discard(one.ChangeSubscription(ctx, one.subscription.ID, change)))
		}
		change(SubscriptionChange{Status: license.StatusSuspended})
		one.refused(discard(one.AssignLicense(ctx, one.anna.ID, "")), Conflict, "the subscription is SUSPENDED: activate")
		change(SubscriptionChange{Status: license.StatusActive})
		change(SubscriptionChange{Terms: Terms{Expires: one.clock.Now()}})
		one.refused(discard(one.AssignLicense(ctx, one.anna.ID, "")), Conflict, "has expired: extend it first")
		one.must(one.UnassignLicense(ctx, one.bo.ID))
		change(SubscriptionChange{Terms: Terms{Expires: one.clock.Now().Add(time.Hour)}})
		one.must(discard(one.AssignLicense(ctx, one.anna.ID, "")))
	})
}

func TestMembersIssueALicenseForThemselves(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		cleo := one.joined("cleo", PlainMember, IssueOwnLicense)
		scope := one.as(cleo)
		all, err := scope.Subscriptions(ctx)
		one.must(err)
		_, err = scope.AssignLicense(ctx, cleo.ID, all[0].ID)
		one.must(err)
		one.refused(discard(scope.AssignLicense(ctx, one.guest.ID, "")), NotAllowed, "ask an Admin")
		one.refused(discard(scope.AssignLicense(ctx, one.ci.ID, "")), NotAllowed, "ask an Admin")
		one.refused(scope.UnassignLicense(ctx, one.bo.ID), NotAllowed, "ask an Admin")
		one.refused(discard(scope.AssignLicense(ctx, newID(memberPrefix), "")), NotAllowed, "ask an Admin")
		one.must(scope.UnassignLicense(ctx, cleo.Email))
		one.refused(discard(one.as(one.bo).AssignLicense(ctx, one.bo.ID, "")), NotAllowed, "ask an Admin")
	})
}

func TestWhoeverManagesCITokensGivesThemALicense(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.give(one.bo, ManageCIKeys)
		bo := one.as(one.bo)
		one.must(discard(bo.AssignLicense(ctx, one.ci.ID, "")))
		if one.seat(one.ciSecret) == "" {
			one.Error("the CI key has no license")
		}
		one.must(bo.UnassignLicense(ctx, one.ci.ID))
		one.refused(discard(bo.AssignLicense(ctx, one.bo.ID, "")), NotAllowed, "ask an Admin")
		one.refused(discard(one.AssignLicense(ctx, one.boToken.ID, "")), Conflict, "that of a member, bo.1@example.com")
	})
}

// What `token create` makes has a subscription for itself, and the commands on its license change that alone.
func TestATokenMayHaveASubscriptionOfItsOwn(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		token, secret, err := one.store.CreateToken(ctx, NewToken{Kind: CI, Workspace: one.workspace})
		one.must(err)
		ownID := token.License.SubscriptionID
		if all, err := one.Subscriptions(ctx); err != nil || len(all) != 1 {
			one.Errorf("the list has subscriptions of single tokens: %+v, %v", all, err)
		}
		one.refused(discard(one.AssignLicense(ctx, one.anna.ID, ownID)), Conflict, "is for "+token.ID+" alone")
		seats := 2
		_, err = one.ChangeSubscription(ctx, ownID, SubscriptionChange{Seats: &seats})
		one.refused(err, Conflict, "has one seat, for "+token.ID+" alone")
		one.must(one.store.SetStatus(ctx, token.ID, license.StatusSuspended))
		one.must(one.store.Expire(ctx, token.ID, one.clock.Now()))
		_, err = one.store.Assign(ctx, token.License.ID, Terms{Plan: "enterprise"})
		one.must(err)

		// It may move to one that it shares, and its own ends.
		one.must(discard(one.AssignLicense(ctx, token.ID, one.subscription.ID)))
		if one.seat(secret) != token.License.ID {
			one.Error("the license has another ID")
		}
		one.refused(discard(one.Subscription(ctx, ownID)), NotFound, "no such subscription")
		for name, err := range map[string]error{
			"expire":  one.store.Expire(ctx, token.ID, one.clock.Now()),
			"suspend": one.store.SetStatus(ctx, token.License.ID, license.StatusSuspended),
			"assign":  discard(one.store.Assign(ctx, token.ID, Terms{Plan: "pro"})),
		} {
			if err == nil {
				one.Errorf("%s changes the license of others", name)
				continue
			}
			one.refused(err, Conflict, one.subscription.ID+", which others use, too: use `licenseserver subscription")
		}
		one.must(one.store.Unassign(ctx, token.ID))
		one.must(discard(one.store.Assign(ctx, token.ID, Terms{})))
		one.must(one.store.Unassign(ctx, token.ID))
		one.must(discard(one.AssignLicense(ctx, one.anna.ID, "")))
		one.must(discard(one.AssignLicense(ctx, one.guest.ID, "")))
		one.refused(discard(one.store.Assign(ctx, token.ID, Terms{})), Conflict, "3 of 3 seats used")
		one.must(one.store.RevokeToken(ctx, one.ci.ID))
	})
}

// The old commands reach the license of a member by the member's token, but make none beside the seats.
func TestATokenOfAMemberHasTheLicenseOfTheMember(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.must(one.store.Unassign(ctx, one.boToken.ID))
		if one.seat(one.boSecret) != "" {
			one.Error("the license is still good")
		}
		one.must(discard(one.store.Assign(ctx, one.boToken.ID, Terms{})))
		// The license is there without any token, too.
		id := one.seat(one.boSecret)
		one.must(one.RevokeMemberToken(ctx, one.boToken.ID))
		assigned, err := one.AssignLicense(ctx, one.guest.ID, "")
		one.must(err)
		for _, license := range []string{id, assigned.ID} {
			one.must(one.store.Unassign(ctx, license))
			one.must(discard(one.store.Assign(ctx, license, Terms{})))
			want := one.subscription.ID + ", which others use, too"
			one.refused(one.store.Expire(ctx, license, one.clock.Now()), Conflict, want)
			one.refused(one.store.SetStatus(ctx, license, "SUSPENDED"), Conflict, want)
			one.refused(discard(one.store.Assign(ctx, license, Terms{Plan: "pro"})), Conflict, want)
		}
		one.must(one.store.Unassign(ctx, assigned.ID))
		one.must(one.RemoveMember(ctx, one.bo.ID))
		one.refused(discard(one.store.Assign(ctx, id, Terms{})), NotFound, "no such member")
		one.guest = one.joined("cleo", PlainMember)
		token, _, err := one.CreateMemberToken(ctx, one.guest.ID)
		one.must(err)
		one.refused(discard(one.store.Assign(ctx, token.ID, Terms{})), Conflict, "cleo.1@example.com has no license")
		test, _, err := one.store.CreateToken(ctx, NewToken{Kind: CI, Workspace: one.workspace, Simulate: "expired"})
		one.must(err)
		one.refused(discard(one.AssignLicense(ctx, test.ID, "")), Conflict, "it is a test token")
	})
}

// Assigning seats and taking seats away at the same time never leaves more used than there are.
func TestSeatsAreNotTakenAwayWhileTheyAreAssigned(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		for range 10 {
			three, two := 3, 2
			one.must(discard(one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{Seats: &three})))
			for _, who := range []string{one.anna.ID, one.ci.ID} {
				one.must(one.UnassignLicense(ctx, who))
			}
			atOnce(3, func(i int) error {
				if i == 0 {
					return discard(one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{Seats: &two}))
				}
				return discard(one.AssignLicense(ctx, []string{one.anna.ID, one.ci.ID}[i-1], ""))
			})
			if now, err := one.Subscription(ctx, one.subscription.ID); err != nil || now.Used > now.Seats {
				one.Fatalf("%d of %d seats are used, %v", now.Used, now.Seats, err)
			}
		}
	})
}
