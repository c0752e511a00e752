package authority

import (
	"context"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
)

const testIssuer = "https://idp.example.com"

// person is an identity with a verified address.
func person(subject, email string) Identity {
	return Identity{Issuer: testIssuer, Subject: subject, Email: email, EmailVerified: true}
}

// invite adds a member who has not joined, and returns them with their link.
func (l *logins) invite(email string) (Member, Invite) {
	l.Helper()
	workspace, err := l.store.FirstWorkspace(l.ctx)
	l.must(err)
	member, link, err := l.store.In(workspace.ID).AddMember(l.ctx, NewMember{Email: email})
	l.must(err)
	return member, link
}

// enterWith logs in with an identity, and returns who has entered.
func (l *logins) enterWith(who Identity) string {
	l.Helper()
	cookie, err := l.store.EnterWith(l.ctx, who, "Firefox")
	l.must(err)
	session := l.session(cookie)
	if session == nil {
		l.Fatal("there is no session")
	}
	return session.Email
}

func TestAMemberJoinsWithAnIdentity(t *testing.T) {
	onBoth(t, func(l *logins) {
		invited, link := l.invite("ada@example.com")
		if who := l.enterWith(person("1", " Ada@EXAMPLE.com")); who != "ada@example.com" {
			l.Errorf("%s has entered", who)
		}
		joined, err := l.store.In(invited.WorkspaceID).Member(l.ctx, invited.ID)
		l.must(err)
		if joined.Joined == nil || !joined.Joined.Equal(l.clock.Now()) {
			l.Errorf("the member has joined %v", joined.Joined)
		}
		_, err = l.store.OpenInvite(l.ctx, link.Secret)
		l.refused(err, "the link was used")
		_, err = l.store.LogIn(l.ctx, "ada@example.com", credential.NewSecret(""), "Firefox")
		l.refused(err, "the email address or the password is wrong")
		l.audited("workspace.create", "member.add", "invite.create", "member.identity ada@example.com",
			"session.start ada@example.com")
	})
}

// audited compares the audit log with actions, each alone or with its actor.
func (l *logins) audited(want ...string) {
	l.Helper()
	log, err := l.store.AuditLog(l.ctx, "")
	l.must(err)
	slices.Reverse(log.Rows)
	var got []string
	for i, entry := range log.Rows {
		action := entry.Action
		if i < len(want) && strings.Contains(want[i], " ") {
			action += " " + entry.Actor
		}
		got = append(got, action)
	}
	if !slices.Equal(got, want) {
		l.Errorf("the audit log is\n%q, want\n%q", got, want)
	}
}

func TestASubjectEntersWhateverItsAddress(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		l.invite("eve@example.com")
		l.enterWith(person("1", "ada@example.com"))
		for _, later := range []Identity{
			person("1", "lovelace@example.com"), // a new name
			person("1", "eve@example.com"),      // the address of another member
			{Issuer: testIssuer, Subject: "1", Email: "ada@example.com"},
			{Issuer: testIssuer, Subject: "1"},
		} {
			if who := l.enterWith(later); who != "ada@example.com" {
				l.Errorf("%+v enters as %s", later, who)
			}
		}
		if l.session(l.enter("ada@example.com")) == nil {
			l.Error("the password works no longer")
		}
		l.enterWith(person("2", "eve@example.com"))
	})
}

func TestAnIdentityThatMayNotEnter(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		l.invite("new@example.com")
		gone, _ := l.invite("gone@example.com")
		l.enterWith(person("1", "ada@example.com"))
		l.enterWith(person("3", "gone@example.com"))
		l.must(l.store.In(gone.WorkspaceID).RemoveMember(l.ctx, gone.ID))
		other := func(change func(*Identity)) Identity {
			who := person("9", "new@example.com")
			change(&who)
			return who
		}
		for _, who := range []struct {
			Identity

			want string
		}{
			{person("2", "ada@example.com"), "the member ada@example.com has another account of the provider: ask an Admin"},
			{Identity{"https://other.example.com", "1", "ada@example.com", true}, "has another account"},
			{person("3", "gone@example.com"), "no member here has the address gone@example.com: ask an Admin to invite you"},
			{person("4", "nobody@example.com"), "no member here has the address nobody@example.com: ask an Admin to invite you"},
			{person("1 ", "nobody@example.com"), "no member here has"},
			{other(func(i *Identity) { i.EmailVerified = false }), "does not say that new@example.com is verified"},
			{other(func(i *Identity) { i.Email = "" }), "the provider did not send it"},
			{other(func(i *Identity) { i.Email = "new@example.com, ada@example.com" }), "that no member can have"},
			{other(func(i *Identity) { i.Email = "\x00\xff" }), "that no member can have"},
			{other(func(i *Identity) { i.Subject = "" }), "did not say who you are"},
			{other(func(i *Identity) { i.Issuer = "" }), "did not say who you are"},
			{other(func(i *Identity) { i.Subject = "a\x00" }), "did not say who you are"},
			{other(func(i *Identity) { i.Subject = strings.Repeat("x", 256) }), "did not say who you are"},
		} {
			_, err := l.store.EnterWith(l.ctx, who.Identity, "Firefox")
			l.refused(err, who.want)
		}
		l.enterWith(person("9", "new@example.com"))
	})
}

func TestAMemberWhoIsAddedAgainHasTheSameIdentity(t *testing.T) {
	onBoth(t, func(l *logins) {
		old, _ := l.invite("ada@example.com")
		cookie, err := l.store.EnterWith(l.ctx, person("1", "ada@example.com"), "Firefox")
		l.must(err)
		l.must(l.store.In(old.WorkspaceID).RemoveMember(l.ctx, old.ID))
		if l.session(cookie) != nil {
			l.Error("the session goes on")
		}
		again, _ := l.invite("ada@example.com")
		cookie, err = l.store.EnterWith(l.ctx, person("1", "ada@example.com"), "Firefox")
		l.must(err)
		if got := l.session(cookie); got.MemberID != again.ID {
			l.Errorf("%s has entered, want %s", got.MemberID, again.ID)
		}
	})
}

func TestAMemberGetsAnotherAccount(t *testing.T) {
	onBoth(t, func(l *logins) {
		member, _ := l.invite("ada@example.com")
		scope := l.store.In(member.WorkspaceID)
		l.refused(scope.UnlinkMember(l.ctx, "ada@example.com"), "has no account of an OIDC provider")
		cookie, err := l.store.EnterWith(l.ctx, person("1", "ada@example.com"), "Firefox")
		l.must(err)
		l.must(scope.UnlinkMember(l.ctx, "ada@example.com"))
		if l.session(cookie) != nil {
			l.Error("a session that the account has begun goes on")
		}
		_, err = l.store.EnterWith(l.ctx, person("1", "lovelace@example.com"), "Firefox")
		l.refused(err, "no member here has the address")
		l.enterWith(person("2", "ada@example.com"))
		l.enterWith(person("2", "lovelace@example.com"))
		_, err = l.store.EnterWith(l.ctx, person("1", "ada@example.com"), "Firefox")
		l.refused(err, "has another account of the provider")
	})
}

func TestALoginWithAProviderCountsOnce(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		ctx := WithForm(l.ctx, "STATE")
		_, err := l.store.EnterWith(ctx, person("1", "ada@example.com"), "Firefox")
		l.must(err)
		_, err = l.store.EnterWith(ctx, person("1", "ada@example.com"), "Firefox")
		l.refused(err, "this form was sent before")
	})
}

func TestManyLoginsOfOneAccountAtOnce(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.invite("ada@example.com")
		l.invite("bo@example.com")
		same := concurrently(8, func(int) bool {
			_, err := l.store.EnterWith(l.ctx, person("1", "ada@example.com"), "Firefox")
			return err == nil
		})
		if same != 8 {
			l.Errorf("%d of 8 have entered", same)
		}
		others := concurrently(8, func(i int) bool {
			_, err := l.store.EnterWith(l.ctx, person("other"+string(rune('a'+i)), "bo@example.com"), "Firefox")
			return err == nil
		})
		if others != 1 {
			l.Errorf("%d accounts belong to one member", others)
		}
	})
}

// identityRaces are what two processes do at once with a provider's identities.
var identityRaces = []race{
	{
		name: "first login of two accounts",
		arrange: func(a *arena) (tasks [2]task) {
			member, _ := a.invited(PlainMember)
			tasks[0].Args, tasks[1].Args = []string{member.ID + "1", member.Email}, []string{member.ID + "2", member.Email}
			return tasks
		},
		act: enterAs,
		check: func(a *arena, told [2]task, got [2]result) {
			if a.logins.session(credential.NewSecret(a.winner(got))) == nil {
				a.Error("the winner has no session")
			}
		},
	},
	{
		name: "first login and removal",
		arrange: func(a *arena) (tasks [2]task) {
			member, _ := a.invited(PlainMember)
			tasks[0].Args = []string{member.ID, member.Email}
			tasks[1].Args = []string{"remove", member.WorkspaceID, member.ID}
			return tasks
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			if told.Args[0] == "remove" {
				return "", s.In(told.Args[1]).RemoveMember(ctx, told.Args[2])
			}
			return enterAs(ctx, s, told)
		},
		check: func(a *arena, told [2]task, got [2]result) {
			if !got[1].won() || !got[0].won() && !got[0].Refused {
				a.Errorf("%q, %q", got[0].Error, got[1].Error)
			}
			if got[0].won() && a.logins.session(credential.NewSecret(got[0].Value)) != nil {
				a.Error("a member who was removed has a session")
			}
		},
	},
}

func enterAs(ctx context.Context, s *Store, told task) (string, error) {
	cookie, err := s.EnterWith(ctx, person(told.Args[0], told.Args[1]), "Firefox")
	return cookie.Reveal(), err
}
