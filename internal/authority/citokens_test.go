package authority

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A key and its license are made together or not at all.
func TestACITokenIsMadeWithItsLicense(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		cleo := one.as(one.joined("cleo", PlainMember, ManageCIKeys))
		token, secret, err := cleo.CreateLicensedCIToken(ctx, "weekly", "")
		one.must(err)
		if token.License == nil || !token.License.Assigned || one.seat(secret) != token.License.ID {
			one.Errorf("the token is %+v", token)
		}
		token, secret, err = cleo.CreateLicensedCIToken(ctx, "monthly", one.subscription.ID)
		one.must(err)
		if token.License.SubscriptionID != one.subscription.ID || one.seat(secret) == "" {
			one.Errorf("the token is %+v", token)
		}
		before, rows := one.dump(), one.audited()
		one.hasNoSeat(discard2(cleo.CreateLicensedCIToken(ctx, "yearly", "")), "3 of 3 seats used")
		one.must(discard(one.CreateSubscription(ctx, Terms{}, 1)))
		rows++
		err = discard2(cleo.CreateLicensedCIToken(ctx, "yearly", ""))
		one.refused(err, Invalid, "the workspace has several subscriptions")
		err = discard2(cleo.CreateLicensedCIToken(ctx, "yearly", "subscription_unknown"))
		one.refused(err, NotFound, "no such subscription")
		one.isAboutTheSubscription(err)
		for _, status := range []string{"SUSPENDED", "INACTIVE"} {
			one.must(discard(one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{Status: status})))
			rows++
			one.hasNoSeat(discard2(cleo.CreateLicensedCIToken(ctx, "yearly", one.subscription.ID)), "is "+status)
		}
		one.must(discard(one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{Status: "ACTIVE"})))
		one.clock.Advance(366 * 24 * time.Hour)
		one.hasNoSeat(discard2(cleo.CreateLicensedCIToken(ctx, "yearly", one.subscription.ID)), "has expired")
		if keys := strings.Join(one.keys(), " "); keys != "monthly weekly nightly" || one.audited() != rows+1 {
			one.Errorf("the keys are %s; before: %s", keys, before)
		}
	})
}

// hasNoSeat fails the test unless err is about the subscription that was chosen.
func (t *team) hasNoSeat(err error, want string) {
	t.Helper()
	t.refused(err, Conflict, want)
	t.isAboutTheSubscription(err)
}

func (t *team) isAboutTheSubscription(err error) {
	t.Helper()
	if refusal, _ := errors.AsType[Refusal](err); refusal.Field != "subscription" {
		t.Errorf("the refusal is about %q", refusal.Field)
	}
}

// The last free seat goes to one of many keys that are made at once, and the others are not made.
func TestTheLastSeatForKeysMadeAtOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		one.must(discard2(one.CreateLicensedCIToken(one.Context(), "weekly", "")))
		results := atOnce(8, func(int) error {
			return discard2(one.CreateLicensedCIToken(one.Context(), "monthly", ""))
		})
		if well := one.split(results, "3 of 3 seats used"); well != 1 || len(one.keys()) != 3 {
			one.Errorf("%d went well, and the keys are %q", well, one.keys())
		}
	})
}

func TestTheUseOfACITokenByPages(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.must(discard(one.AssignLicense(ctx, one.ci.ID, "")))
		token, err := one.store.Judge(ctx, one.ciSecret)
		one.must(err)
		for range 3 {
			for i := range PageSize - 10 {
				one.store.NoteActivation(token, "runner-"+string(rune('A'+i)), nil)
			}
			one.store.NoteActivation(token, "", nil)
			one.store.Flush()
			one.clock.Advance(24 * time.Hour)
		}
		seen, pages, after := map[Activation]bool{}, 0, ""
		for {
			page, err := one.CITokenUse(ctx, one.ci.ID, after)
			one.must(err)
			for i, row := range page.Rows {
				if i > 0 && row.Day.After(page.Rows[i-1].Day) {
					one.Errorf("%+v follows %+v", row, page.Rows[i-1])
				}
				seen[row] = true
			}
			pages, after = pages+1, page.Next
			if after == "" || pages > 5 {
				break
			}
		}
		if want := 3 * (PageSize - 9); len(seen) != want || pages != 3 {
			one.Errorf("%d pages have %d different rows, want %d", pages, len(seen), want)
		}
		for _, key := range []string{"x", "2026-11-21", "/", "2026-11-21/\x00", "2026-11-21/\xff", "9999-99-99/a", hugeText} {
			if _, err := one.CITokenUse(ctx, one.ci.ID, key); err != nil {
				one.Errorf("%.20q: %v", key, err)
			}
		}
	})
}
