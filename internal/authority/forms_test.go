package authority

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

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
