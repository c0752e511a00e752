package authority

import (
	"testing"
	"time"

	"localstack-entrypoint/internal/license"
)

func TestASubscriptionChanges(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.must(discard(one.AssignLicense(ctx, one.ci.ID, "")))
		one.must(one.UnassignLicense(ctx, one.ci.ID))
		one.must(discard(one.AssignLicense(ctx, one.anna.ID, "")))
		for seats, want := range map[int]string{
			1:          "2 of its seats are used: unassign 1 first",
			0:          "2 of its seats are used: unassign 2 first",
			-1:         "must be between 0 and 10000000",
			10_000_001: "must be between 0 and 10000000",
		} {
			verdict := Conflict
			if seats < 0 || seats > maxSeats {
				verdict = Invalid
			}
			_, err := one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{Seats: &seats})
			one.refused(err, verdict, want)
		}
		seats := 2
		until := one.clock.Now().Add(time.Hour)
		changed, err := one.ChangeSubscription(ctx, one.subscription.ID, SubscriptionChange{
			Seats: &seats, Status: license.StatusSuspended,
			Terms: Terms{Plan: "ultimate", Product: "localstack.*", Version: "4.014", Expires: until},
		})
		one.must(err)
		shown, err := one.Subscription(ctx, one.subscription.ID)
		one.must(err)
		want := license.Product{Name: "localstack.*", Version: "4.14"}
		isRight := shown.Seats == 2 && shown.Used == 2 && shown.Status == license.StatusSuspended &&
			shown.Plan == "ultimate" && len(shown.Products) == 1 && shown.Products[0] == want && shown.Expires.Equal(until)
		if !isRight || changed.Plan != shown.Plan {
			one.Errorf("the subscription is %+v", shown)
		}
		one.clock.Advance(time.Hour)
		if shown, err := one.Subscription(ctx, one.subscription.ID); err != nil || shown.Status != license.StatusExpired {
			one.Errorf("the subscription is %+v, %v", shown, err)
		}
		for _, wrong := range []SubscriptionChange{
			{Status: license.StatusExpired}, {Status: "on"}, {Terms: Terms{Plan: "a b"}}, {Terms: Terms{Plan: hugeText}},
			{Terms: Terms{Product: "["}}, {Terms: Terms{Version: "latest"}},
			{Terms: Terms{Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		} {
			one.refused(discard(one.ChangeSubscription(ctx, one.subscription.ID, wrong)), Invalid, "")
			one.refused(discard(one.CreateSubscription(ctx, wrong.Terms, -1)), Invalid, "")
		}
	})
}
