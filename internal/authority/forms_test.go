package authority

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// sent is the context of a form with an ID.
func (t *team) sent(id string) context.Context { return WithForm(t.Context(), id) }

// keys are the names of the team's CI keys, the newest first.
func (t *team) keys() (names []string) {
	t.Helper()
	page, err := t.CITokens(t.Context(), "")
	t.must(err)
	for _, key := range page.Rows {
		names = append(names, key.Name)
	}
	return names
}

// sentBefore fails the test unless err says that a form was sent before.
func (t *team) sentBefore(err error) {
	t.Helper()
	t.refused(err, Conflict, "this form was sent before")
	if refusal, _ := errors.AsType[Refusal](err); refusal.Field != "form" {
		t.Errorf("the refusal is about %q", refusal.Field)
	}
}

// A form counts once, whatever it makes, and whoever sends it again.
func TestAFormThatIsSentTwiceCountsOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		anna := one.as(one.anna)
		one.must(discard2(anna.CreateCIToken(one.sent("a"), "weekly")))
		before := one.dump()
		for _, again := range []func(ctx context.Context) error{
			func(ctx context.Context) error { return discard2(anna.CreateCIToken(ctx, "weekly")) },
			func(ctx context.Context) error { return discard2(anna.CreateLicensedCIToken(ctx, "weekly", "")) },
			func(ctx context.Context) error { return discard(anna.RotateCIToken(ctx, one.ci.ID)) },
			func(ctx context.Context) error { return discard2(anna.CreateMemberToken(ctx, one.anna.ID)) },
			func(ctx context.Context) error { return discard(anna.Invite(ctx, one.bo.ID)) },
			func(ctx context.Context) error {
				return discard2(anna.AddMember(ctx, NewMember{Email: "new@example.com"}))
			},
			func(ctx context.Context) error {
				return discard2(one.as(one.bo).ResetMemberToken(ctx, one.bo.ID))
			},
		} {
			one.sentBefore(again(one.sent("a")))
		}
		if one.dump() != before || one.seat(one.boSecret) == "" {
			one.Error("the form has changed something again")
		}
		one.must(discard2(anna.CreateCIToken(one.sent("b"), "monthly")))
	})
}

// Who is not asked whether a form counts once may send it as often as they like.
func TestAFormWithoutAnIDIsNoForm(t *testing.T) {
	onTeam(t, func(one *team) {
		for _, ctx := range []context.Context{one.Context(), one.sent("")} {
			one.must(discard2(one.CreateCIToken(ctx, "weekly")))
			one.must(discard2(one.CreateCIToken(ctx, "weekly")))
		}
	})
}

// A form that was refused can be corrected and sent again with the same ID.
func TestARefusedFormDoesNotCount(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx, cleo := one.sent("a"), one.joined("cleo", PlainMember)
		one.refused(discard2(one.as(cleo).CreateCIToken(ctx, "weekly")), NotAllowed, "ask an Admin")
		anna := one.as(one.anna)
		one.refused(discard2(anna.CreateCIToken(ctx, "")), Invalid, "the name of the CI key is missing")
		one.refused(discard2(anna.CreateLicensedCIToken(ctx, "weekly", newID(subscriptionPrefix))), NotFound, "no such")
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		if err := discard2(anna.CreateCIToken(canceled, "weekly")); !errors.Is(err, context.Canceled) {
			one.Errorf("a visitor who has gone gets %v", err)
		}
		one.must(discard2(anna.CreateCIToken(ctx, "weekly")))
		one.sentBefore(discard2(anna.CreateCIToken(ctx, "weekly")))
		if keys := one.keys(); len(keys) != 2 {
			one.Errorf("the keys are %q", keys)
		}
	})
}

// An ID comes from a browser, and so may be anything. None reaches the database that it does not take for a text.
func TestAFormIDOfAnyContent(t *testing.T) {
	onTeam(t, func(one *team) {
		for _, id := range []string{
			" ", "\x00", "a\x00", "\xff", "%", "'", "a b", "a\n", "é", "<b>", "-", strings.Repeat("a", 65), hugeText,
			one.boSecret.Reveal(),
		} {
			err := discard2(one.CreateCIToken(one.sent(id), "weekly"))
			one.refused(err, Invalid, "this is not a form of this server")
			if refusal, _ := errors.AsType[Refusal](err); refusal.Field != "form" {
				one.Errorf("the refusal is about %q", refusal.Field)
			}
		}
		for _, id := range []string{"a", "0", strings.Repeat("a", 64), rand.Text()} {
			one.must(discard2(one.CreateCIToken(one.sent(id), "weekly")))
			one.sentBefore(discard2(one.CreateCIToken(one.sent(id), "weekly")))
		}
	})
}

// Two presses of a button arrive at the same time, and also at two servers of the same database.
func TestAFormThatIsSentManyTimesAtOnceCountsOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		replica := one.store
		if one.source.Database != "" {
			replica = one.open()
		}
		scopes := []Scope{one.as(one.anna), replica.As(one.workspace, one.anna.ID)}
		for range 5 {
			keys, id := len(one.keys()), rand.Text()
			results := atOnce(8, func(i int) error {
				return discard2(scopes[i%2].CreateCIToken(one.sent(id), "weekly"))
			})
			if well := one.split(results, "this form was sent before"); well != 1 || len(one.keys()) != keys+1 {
				one.Fatalf("it went well %d times, and made %d keys", well, len(one.keys())-keys)
			}
		}
	})
}

// Of two workspaces, neither waits for the other for longer than that takes, nor fails by it.
func TestTheSameFormOfTwoWorkspacesAtOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		teams := []*team{one, one.newTeam(2)}
		for range 5 {
			id := rand.Text()
			results := atOnce(8, func(i int) error {
				return discard2(teams[i%2].CreateCIToken(one.sent(id), "weekly"))
			})
			if well := one.split(results, "this form was sent before"); well != 1 {
				one.Fatalf("it went well %d times", well)
			}
		}
	})
}

// Which forms were sent is forgotten when no session is left in which one of them was shown.
func TestSentFormsAreForgotten(t *testing.T) {
	onTeam(t, func(one *team) {
		one.must(discard2(one.CreateCIToken(one.sent("old"), "weekly")))
		one.clock.Advance(SessionLife)
		one.must(discard2(one.CreateCIToken(one.sent("recent"), "weekly")))
		one.store.Flush()
		one.sentBefore(discard2(one.CreateCIToken(one.sent("old"), "weekly")))
		one.clock.Advance(time.Hour + time.Second)
		one.must(discard2(one.CreateCIToken(one.sent("new"), "weekly")))
		one.store.Flush()
		left, err := texts(one.Context(), one.store.reads, "SELECT id FROM sent_forms ORDER BY id")
		one.must(err)
		if strings.Join(left, " ") != "new recent" {
			one.Errorf("%q are left", left)
		}
		one.sentBefore(discard2(one.CreateCIToken(one.sent("recent"), "weekly")))
	})
}

// A backup of yesterday knows which forms were sent until then.
func TestASentFormIsRememberedByTheNextServer(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		one := newFixture(t, database).newTeam(1)
		one.must(discard2(one.CreateCIToken(one.sent("a"), "weekly")))
		if database == "" {
			one.must(one.store.Close())
		}
		again := one.open().In(one.workspace)
		one.sentBefore(discard2(again.CreateCIToken(one.sent("a"), "weekly")))
	})
}

// formRaces are races of a form that reaches two replicas.
var formRaces = []race{
	{
		name: "a form, sent to two replicas",
		arrange: func(a *arena) [2]task {
			return toBoth(a.session.WorkspaceID, a.joined(Admin), rand.Text())
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			admin := s.As(told.Args[0], told.Args[1])
			_, secret, err := admin.CreateCIToken(WithForm(ctx, told.Args[2]), told.Args[2])
			return secret.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			if a.valid(a.winner(got)) != 1 {
				a.Error("the key that was shown is not valid")
			}
			made, err := texts(a.ctx, a.store.reads, "SELECT id FROM tokens WHERE name = $1", told[0].Args[2])
			a.must(err)
			if len(made) != 1 {
				a.Errorf("%d keys were made", len(made))
			}
		},
	},
	{
		name: "a reset, sent to two replicas",
		arrange: func(a *arena) [2]task {
			member := a.joined(PlainMember)
			a.must(discard2(a.team().CreateMemberToken(a.ctx, member)))
			return toBoth(a.session.WorkspaceID, member, rand.Text())
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			member := s.As(told.Args[0], told.Args[1])
			_, secret, err := member.ResetMemberToken(WithForm(ctx, told.Args[2]), told.Args[1])
			return secret.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) { // the token that was shown is the one that is valid
			a.hasOneToken(told[0].Args[1], a.winner(got))
		},
	},
}

// A key and its license are made together or not at all.
func TestACITokenIsMadeWithItsLicense(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		cleo := one.as(one.joined("cleo", PlainMember, ManageCITokens))
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

func TestADeveloperTokenAndThoseOfLogins(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx, bo := one.Context(), one.as(one.bo)
		token, err := bo.DeveloperToken(ctx, one.bo.ID)
		one.must(err)
		if token == nil || token.ID != one.boToken.ID {
			one.Errorf("the developer token is %+v", token)
		}
		if token, err := one.DeveloperToken(ctx, one.anna.Email); err != nil || token != nil {
			one.Errorf("a member without a token has %+v, %v", token, err)
		}
		for range PageSize + 1 {
			one.must(one.store.change(ctx, func(t *tx) error { return t.insertLoginToken(one.bo.ID, "lstk", mint(Developer)) }))
		}
		first, err := bo.LoginTokens(ctx, one.bo.ID, "")
		one.must(err)
		second, err := one.as(one.anna).LoginTokens(ctx, one.bo.ID, first.Next)
		one.must(err)
		if len(first.Rows) != PageSize || len(second.Rows) != 1 || second.Next != "" || first.Rows[0].Expires == nil ||
			first.Rows[0].ID <= second.Rows[0].ID {
			one.Errorf("the pages have %d and %d tokens", len(first.Rows), len(second.Rows))
		}
		one.must(bo.RevokeMemberToken(ctx, second.Rows[0].ID))
		if second, err := bo.LoginTokens(ctx, one.bo.ID, first.Next); err != nil || len(second.Rows) != 0 {
			one.Errorf("a token that was revoked is listed: %+v, %v", second, err)
		}
		one.clock.Advance(unusedLife + time.Second)
		if ended, err := bo.LoginTokens(ctx, one.bo.ID, ""); err != nil || len(ended.Rows) != 0 {
			one.Errorf("tokens that have ended are listed: %+v, %v", ended, err)
		}
	})
}

// Whether a container was started with a token that was reset a moment ago is what its owner wants to know.
func TestWhetherATokenHasActivated(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		has := func() bool {
			token, err := one.DeveloperToken(ctx, one.bo.ID)
			one.must(err)
			return token.HasActivated()
		}
		activate := func(secret credential.Secret) {
			token, err := one.store.Judge(ctx, secret)
			one.must(err)
			one.store.NoteActivation(token, "machine", nil)
			one.store.Flush()
		}
		before := has()
		activate(one.boSecret)
		used := has()
		one.clock.Advance(time.Second)
		_, secret, err := one.ResetMemberToken(ctx, one.bo.ID)
		one.must(err)
		reset := has()
		activate(secret)
		if before || !used || reset || !has() {
			one.Errorf("it has activated: %t before, %t after use, %t after a reset, %t after use", before, used, reset, has())
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
