package authority

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// The token is as long alive as it is used.
func TestATokenOfALoginEndsAfter90DaysWithoutUse(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		workspace := l.store.In(session.WorkspaceID)
		_, err := workspace.CreateSubscription(l.ctx, Terms{}, 1)
		l.must(err)
		_, err = workspace.AssignLicense(l.ctx, "ada@example.com", "") // no token is used without a license
		l.must(err)
		begun, exchange := l.begin()
		l.confirm(begun, session)
		token := l.token(begun, exchange)
		use := func() *Token {
			found, err := l.store.Judge(l.ctx, token)
			l.must(err)
			if found != nil {
				l.store.notes.add(use{token: found.ID}, l.clock.Now(), nil)
				l.store.Flush()
			}
			return found
		}
		for range 5 {
			l.clock.Advance(80 * 24 * time.Hour)
			if use() == nil {
				l.Fatal("a token that is used has ended")
			}
		}
		l.clock.Advance(-300 * 24 * time.Hour)
		use() // a clock that is set back does not end it earlier
		l.clock.Advance(300*24*time.Hour + 89*24*time.Hour)
		if use() == nil {
			l.Error("the token has ended before 90 days without use")
		}
		l.clock.Advance(90 * 24 * time.Hour)
		if use() != nil {
			l.Error("the token goes on after 90 days without use")
		}
	})
}

func TestOneOfManyExchangesIsRight(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		for range 10 {
			begun, exchange := l.begin()
			confirmed := concurrently(4, func(i int) bool {
				decide := l.store.ConfirmLogin
				if i%2 == 1 {
					decide = l.store.DenyLogin
				}
				decided, err := decide(l.ctx, begun.ID, begun.Code, session)
				if err != nil {
					l.Error(err)
				}
				return decided
			})
			if confirmed != 1 {
				l.Fatalf("%d of 4 have decided", confirmed)
			}
			if l.state(begun.ID) == LoginDenied {
				continue
			}
			bearers := make(chan credential.Secret, 4)
			exchanged := concurrently(4, func(int) bool {
				bearer, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
				bearers <- bearer
				return err == nil
			})
			if exchanged != 1 {
				l.Fatalf("%d of 4 exchanges are right", exchanged)
			}
			for range 4 {
				if bearer := <-bearers; bearer.IsSet() {
					fetched := concurrently(4, func(int) bool {
						_, err := l.store.LoginToken(l.ctx, bearer)
						return err == nil
					})
					if fetched != 1 {
						l.Fatalf("%d of 4 have fetched a token", fetched)
					}
				}
			}
		}
	})
}

// Whoever fetches a token while the member is being removed gets none that goes on.
func TestATokenOfALoginDoesNotOutliveItsMember(t *testing.T) {
	onBoth(t, func(l *logins) {
		workspace, err := l.store.FirstWorkspace(l.ctx)
		l.must(err)
		_, _, err = l.store.CreateToken(l.ctx, NewToken{Kind: CI}) // an authority without any answers nothing
		l.must(err)
		for i := range 50 {
			email := fmt.Sprintf("m%d@example.com", i)
			member, invite, err := l.store.In(workspace.ID).AddMember(l.ctx, NewMember{Email: email})
			l.must(err)
			_, err = l.store.AcceptInvite(l.ctx, invite.Secret, "hash", "")
			l.must(err)
			session := Session{MemberID: member.ID, WorkspaceID: workspace.ID}
			begun, exchange := l.begin()
			l.confirm(begun, session)
			bearer, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
			l.must(err)
			var token credential.Secret
			concurrently(2, func(k int) bool {
				var err error
				if k == 0 {
					token, err = l.store.LoginToken(l.ctx, bearer)
				} else {
					err = l.store.In(workspace.ID).RemoveMember(l.ctx, member.ID)
				}
				if _, isRefusal := errors.AsType[Refusal](err); err != nil && (k == 1 || !isRefusal) {
					l.Errorf("%d: %v", k, err)
				}
				return true
			})
			if found, err := l.store.Judge(l.ctx, token); found != nil || err != nil {
				l.Fatalf("the token goes on: %v", err)
			}
		}
	})
}

// Whoever removes a member waits for the member first, and then for their logins, as [Store.LoginToken] does: in
// another order, each would wait for the other one.
func TestAMemberIsLockedBeforeTheirLogins(t *testing.T) {
	l := newLogins(t, postgres.Database(t))
	id := l.member("ada@example.com")
	session := *l.session(l.enter("ada@example.com"))
	begun, _ := l.begin()
	l.confirm(begun, session)
	holder, err := l.store.writes.BeginTx(l.ctx, nil)
	l.must(err)
	_, err = holder.ExecContext(l.ctx, "UPDATE members SET name = name WHERE id = $1", id)
	l.must(err)
	removed := make(chan error, 1)
	go func() { removed <- l.store.In(session.WorkspaceID).RemoveMember(l.ctx, id) }()
	isWaiting := func() bool {
		found, err := exists(l.ctx, holder,
			"SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
		l.must(err)
		return found
	}
	for deadline := time.Now().Add(writeWait); !isWaiting(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatal("nobody waits for the member")
		}
	}
	_, err = holder.ExecContext(l.ctx, "SELECT id FROM auth_requests WHERE id = $1 FOR UPDATE NOWAIT", begun.ID)
	if err != nil {
		l.Errorf("the login is locked before its member: %v", err)
	}
	l.must(holder.Rollback())
	l.must(<-removed)
}

func TestAMemberHasAMaximumOfSessions(t *testing.T) {
	onBoth(t, func(l *logins) {
		id := l.member("ada@example.com")
		first := l.enter("ada@example.com")
		who, err := readAccount(l.ctx, l.store.reads, "AND id = $1", id)
		l.must(err)
		for range maxSessions - 1 {
			_, err := l.store.enter(l.ctx, who, who.hash, "")
			l.must(err)
		}
		if l.session(first) == nil {
			l.Errorf("one of %d sessions has ended", maxSessions)
		}
		last := l.enter("ada@example.com")
		if l.session(first) != nil || l.session(last) == nil {
			l.Error("it is not the oldest session that has ended")
		}
		l.count(id, maxSessions)
	})
}
