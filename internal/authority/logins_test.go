package authority

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/postgres"
)

const rightPassword = "correct horse battery staple"

// logins is a store with a clock, for tests of sessions and logins.
type logins struct {
	*testing.T
	source Source
	store  *Store
	clock  testkit.Clock
	ctx    context.Context
}

// onBoth runs a test on both databases.
func onBoth(t *testing.T, do func(*logins)) {
	t.Helper()
	postgres.OnBoth(t, func(t *testing.T, database string) { do(newLogins(t, database)) })
}

func newLogins(t *testing.T, database string) *logins {
	t.Helper()
	l := &logins{T: t, ctx: WithActor(t.Context(), Actor{Name: "test", Address: "192.0.2.1"})}
	l.source = Source{Dir: t.TempDir(), Database: database, Create: true, Now: l.clock.Now}
	var err error
	l.store, err = Open(t.Context(), l.source)
	l.must(err)
	t.Cleanup(func() { l.must(l.store.Close()) })
	return l
}

func (l *logins) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *logins) refused(err error, want string) {
	l.Helper()
	if _, ok := errors.AsType[Refusal](err); !ok || !strings.Contains(err.Error(), want) {
		l.Errorf("got %v, want a refusal with %q", err, want)
	}
}

// member adds a member with rightPassword, and returns their ID.
func (l *logins) member(email string) string {
	l.Helper()
	id := newID("member_")
	l.must(l.store.change(l.ctx, func(t *tx) error {
		workspace, err := t.firstWorkspace()
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO members (id, workspace_id, email, name, role, permissions, invited_at, joined_at)
			VALUES ($1, $2, $3, '', 'member', '', $4, $4)`, id, workspace, email, t.now.Unix())
		return err
	}))
	l.must(l.store.SetPassword(l.ctx, id, credential.NewSecret(rightPassword), ""))
	return id
}

func (l *logins) remove(id string) {
	l.Helper()
	l.must(l.store.change(l.ctx, func(t *tx) error {
		_, err := t.exec("UPDATE members SET removed_at = $1 WHERE id = $2", t.now.Unix(), id)
		return err
	}))
}

// enter begins a session, and returns the secret of its cookie.
func (l *logins) enter(email string) credential.Secret {
	l.Helper()
	cookie, err := l.store.LogIn(l.ctx, email, credential.NewSecret(rightPassword), "Firefox")
	l.must(err)
	return cookie
}

func (l *logins) session(cookie credential.Secret) *Session {
	l.Helper()
	session, err := l.store.Session(l.ctx, cookie)
	l.must(err)
	l.store.Flush()
	return session
}

func TestALoginBeginsASession(t *testing.T) {
	onBoth(t, func(l *logins) {
		id := l.member("ada@example.com")
		cookie := l.enter(" Ada@Example.com ")
		session := l.session(cookie)
		if session == nil {
			l.Fatal("there is no session")
		}
		want := Session{ID: session.ID, WorkspaceID: session.WorkspaceID, MemberID: id, Email: "ada@example.com",
			Address: "192.0.2.1", Client: "Firefox",
			Created: l.clock.Now(), LastUsed: l.clock.Now(), Expires: l.clock.Now().Add(SessionLife)}
		if *session != want {
			l.Errorf("the session is %+v, want %+v", *session, want)
		}
		if other := l.enter("ada@example.com"); other.Reveal() == cookie.Reveal() {
			l.Error("another login has the same session")
		}
		if session := l.session(credential.NewSecret(session.ID)); session != nil {
			l.Error("the ID of a session is good as its cookie")
		}
	})
}

func TestALoginThatIsRefused(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		gone := l.member("gone@example.com")
		l.remove(gone)
		l.must(l.store.change(l.ctx, func(t *tx) error {
			_, err := t.exec(`INSERT INTO members (id, workspace_id, email, name, role, permissions, invited_at)
				SELECT 'member_invited', id, 'invited@example.com', '', 'member', '', 0 FROM workspaces`)
			return err
		}))
		for _, attempt := range [][2]string{
			{"ada@example.com", "incorrect horse battery"}, {"ada@example.com", ""}, {"", ""},
			{"nobody@example.com", rightPassword},
			{"gone@example.com", rightPassword}, {"invited@example.com", rightPassword}, {"invited@example.com", ""},
			{"ada@example.com' OR '1'='1", rightPassword}, {strings.Repeat("a", 1<<20), rightPassword},
			{"ada@example.com\x00", rightPassword}, {"ada@example.com\xff", rightPassword},
			{"ada@example.com", strings.Repeat("x", 1<<20)},
		} {
			cookie, err := l.store.LogIn(l.ctx, attempt[0], credential.NewSecret(attempt[1]), "")
			l.refused(err, "the email address or the password is wrong")
			if cookie.IsSet() {
				l.Errorf("%.40q begins a session", attempt)
			}
		}
	})
}

func TestWhenASessionEnds(t *testing.T) {
	onBoth(t, func(l *logins) {
		id := l.member("ada@example.com")
		idle, used, removed := l.enter("ada@example.com"), l.enter("ada@example.com"), l.enter("ada@example.com")
		for range 13 {
			l.clock.Advance(11 * time.Hour)
			if l.session(used) == nil {
				l.Fatal("a session that is used has ended")
			}
		}
		l.clock.Advance(-2 * 11 * time.Hour) // a clock that is set back ends nothing
		if l.session(used) == nil {
			l.Error("a clock that was set back has ended the session")
		}
		l.clock.Advance(2 * 11 * time.Hour)
		if l.session(idle) != nil {
			l.Error("a session that nobody uses goes on")
		}
		for range 3 {
			l.clock.Advance(11 * time.Hour)
			l.session(used)
		}
		if l.session(used) != nil {
			l.Error("a session goes on after 7 days")
		}
		l.remove(id)
		if l.session(removed) != nil {
			l.Error("the session of a removed member goes on")
		}
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	onBoth(t, func(l *logins) {
		ada, eve := l.member("ada@example.com"), l.member("eve@example.com")
		first, second, third := l.enter("ada@example.com"), l.enter("ada@example.com"), l.enter("ada@example.com")
		other := l.enter("eve@example.com")
		l.count(ada, 3)
		l.count("", 4)
		mine := l.session(first)
		l.refused(l.store.EndSession(l.ctx, eve, mine.ID), "no such session")
		l.refused(l.store.EndSession(l.ctx, ada, "session_unknown"), "no such session")
		l.must(l.store.EndSession(l.ctx, ada, l.session(third).ID))
		l.count(ada, 2)
		ended, err := l.store.EndSessions(l.ctx, ada, mine.ID)
		l.must(err)
		if ended != 1 || l.session(first) == nil || l.session(second) != nil || l.session(third) != nil {
			l.Errorf("%d sessions were ended", ended)
		}
		l.refused(l.store.EndSession(l.ctx, ada, l.sessionID(second)), "no such session")
		l.must(l.store.EndSession(l.ctx, "", mine.ID))
		l.count(ada, 0)
		if l.session(other) == nil {
			l.Error("the session of another member was ended")
		}
	})
}

func (l *logins) count(memberID string, want int) {
	l.Helper()
	sessions, err := l.store.Sessions(l.ctx, memberID)
	l.must(err)
	if len(sessions) != want {
		l.Errorf("%d sessions are listed, want %d", len(sessions), want)
	}
}

// sessionID is the ID of a session that may have ended.
func (l *logins) sessionID(cookie credential.Secret) (id string) {
	l.Helper()
	l.must(l.store.reads.QueryRow("SELECT id FROM sessions WHERE hash = $1", l.store.hash(cookie.Reveal())).Scan(&id))
	return id
}

func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	onBoth(t, func(l *logins) {
		id := l.member("ada@example.com")
		here, there := l.enter("ada@example.com"), l.enter("ada@example.com")
		const better = "another horse, another battery"
		l.refused(l.store.SetPassword(l.ctx, id, credential.NewSecret("short"), ""), "at least 15")
		l.refused(l.store.SetPassword(l.ctx, "member_unknown", credential.NewSecret(better), ""), "no such member")
		l.must(l.store.SetPassword(l.ctx, id, credential.NewSecret(better), l.session(here).ID))
		if l.session(here) == nil || l.session(there) != nil {
			l.Error("not just the other sessions were ended")
		}
		_, err := l.store.LogIn(l.ctx, "ada@example.com", credential.NewSecret(rightPassword), "")
		l.refused(err, "wrong")
		if _, err := l.store.LogIn(l.ctx, "ada@example.com", credential.NewSecret(better), ""); err != nil {
			l.Error(err)
		}
	})
}

func TestALoginWhileThePasswordIsChangedIsRefused(t *testing.T) {
	onBoth(t, func(l *logins) {
		id := l.member("ada@example.com")
		who, err := readAccount(l.ctx, l.store.reads, "AND id = $1", id)
		l.must(err)
		l.must(l.store.SetPassword(l.ctx, id, credential.NewSecret("another horse, another battery"), ""))
		_, err = l.store.enter(l.ctx, who, who.hash, "")
		l.refused(err, "wrong")
		l.count(id, 0)
	})
}

func TestABusyServerChecksNoPassword(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		ctx, cancel := context.WithCancel(l.ctx)
		cancel()
		_, err := l.store.LogIn(ctx, "ada@example.com", credential.NewSecret(rightPassword), "")
		if _, isRefusal := errors.AsType[Refusal](err); err == nil || isRefusal {
			l.Errorf("got %v, want an error that is no verdict", err)
		}
		if _, err := l.store.hashPassword(ctx, "", credential.NewSecret(rightPassword)); !errors.Is(err, password.ErrBusy) {
			l.Errorf("got %v, want %v", err, password.ErrBusy)
		}
	})
}
