package authority

import (
	"context"
	"errors"
	"fmt"

	"localstack-entrypoint/internal/credential"
)

// teamRaces are races about members and seats.
var teamRaces = []race{
	{
		name: "one link, used by two",
		arrange: func(a *arena) [2]task {
			_, secret := a.invited(PlainMember)
			return toBoth(secret.Reveal(), a.session.WorkspaceID)
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			member, err := s.AcceptInvite(ctx, credential.NewSecret(told.Args[0]), someHash, "")
			return member.ID, err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			member, err := a.team().Member(a.ctx, a.winner(got))
			a.must(err)
			if member.Joined == nil {
				a.Error("the winner has not joined")
			}
		},
	},
	{
		name: "the last seat",
		arrange: func(a *arena) (tasks [2]task) {
			subscription, err := a.team().CreateSubscription(a.ctx, Terms{}, 1)
			a.must(err)
			for i := range tasks {
				tasks[i].Args = []string{a.session.WorkspaceID, a.joined(Admin), a.joined(PlainMember), subscription.ID}
			}
			return tasks
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			assigned, err := s.As(told.Args[0], told.Args[1]).AssignLicense(ctx, told.Args[2], told.Args[3])
			return assigned.ID, err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			a.winner(got)
			if subscription, err := a.team().Subscription(a.ctx, told[0].Args[3]); err != nil || subscription.Used != 1 {
				a.Errorf("%d of 1 seat are used, %v", subscription.Used, err)
			}
		},
	},
	{
		name: "the last seat, for two CI tokens",
		arrange: func(a *arena) (tasks [2]task) {
			subscription, err := a.team().CreateSubscription(a.ctx, Terms{}, 1)
			a.must(err)
			for i := range tasks {
				token, _, err := a.team().CreateCIToken(a.ctx, "ci")
				a.must(err)
				_, err = a.team().AssignLicense(a.ctx, token.ID, subscription.ID)
				a.must(err)
				a.must(a.team().UnassignLicense(a.ctx, token.ID))
				tasks[i].Args = []string{token.ID, subscription.ID}
			}
			return tasks
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			assigned, err := s.Assign(ctx, told.Args[0], Terms{})
			return assigned.ID, err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			a.winner(got)
			if subscription, err := a.team().Subscription(a.ctx, told[0].Args[1]); err != nil || subscription.Used != 1 {
				a.Errorf("%d of 1 seat are used, %v", subscription.Used, err)
			}
		},
	},
	{
		name: "the last two Admins",
		arrange: func(a *arena) (tasks [2]task) {
			workspace, err := a.store.CreateWorkspace(a.ctx, "of two")
			a.must(err)
			admins := [2]string{a.joinedIn(workspace.ID, Admin), a.joinedIn(workspace.ID, Admin)}
			a.runs++
			for i := range tasks {
				other := admins[1-i]
				how := []string{"demote", "remove", "leave"}[a.runs%3]
				if how == "leave" {
					other = admins[i]
				}
				tasks[i].Args = []string{workspace.ID, admins[i], other, how}
			}
			return tasks
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			me, member := s.As(told.Args[0], told.Args[1]), PlainMember
			if told.Args[3] == "remove" {
				return "", me.RemoveMember(ctx, told.Args[2])
			}
			_, err := me.ChangeMember(ctx, told.Args[2], MemberChange{Role: &member})
			return "", err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			a.winner(got)
			page, err := a.store.In(told[0].Args[0]).Members(a.ctx, "", "")
			a.must(err)
			admins := 0
			for _, member := range page.Rows {
				if member.Role == Admin {
					admins++
				}
			}
			if admins != 1 {
				a.Errorf("%d Admins stay", admins)
			}
		},
	},
	{
		name:    "the developer token of a member, made twice",
		arrange: func(a *arena) [2]task { return toBoth(a.session.WorkspaceID, a.joined(PlainMember)) },
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			_, secret, err := s.As(told.Args[0], told.Args[1]).CreateMemberToken(ctx, told.Args[1])
			return secret.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			a.hasOneToken(told[0].Args[1], a.winner(got))
		},
	},
	{
		name: "the developer token of a member, reset twice",
		arrange: func(a *arena) [2]task {
			member := a.joined(PlainMember)
			_, secret, err := a.team().CreateMemberToken(a.ctx, member)
			a.must(err)
			return toBoth(a.session.WorkspaceID, member, secret.Reveal())
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			_, secret, err := s.As(told.Args[0], told.Args[1]).ResetMemberToken(ctx, told.Args[1])
			return secret.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			a.hasOneToken(told[0].Args[1], told[0].Args[2], got[0].Value, got[1].Value)
		},
	},
	{
		name: "a member who is removed, and what they get meanwhile",
		arrange: func(a *arena) [2]task {
			a.runs++
			return a.removal([]string{"seat", "token", "session", "login", "confirm", "link", "reset"}[a.runs%7])
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			if told.Args[0] == "remove" {
				return "", s.In(told.Args[1]).RemoveMember(ctx, told.Args[2])
			}
			return s.getSomething(ctx, told.Args)
		},
		check: func(a *arena, told [2]task, got [2]result) {
			if !got[0].won() || !got[1].won() && !got[1].Refused {
				a.Errorf("%s: %q, %q", told[1].Args[0], got[0].Error, got[1].Error)
			}
			a.hasNothing(told[0].Args[2])
			if a.Failed() {
				a.Logf("after %q, which gave %q", told[1].Args[0], got[1].Value)
			}
		},
	},
}

// someHash is of no password.
const someHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// team is the workspace of an arena.
func (a *arena) team() Scope { return a.store.In(a.session.WorkspaceID) }

func (a *arena) invitedIn(workspace string, role Role) (Member, credential.Secret) {
	a.Helper()
	a.added++
	member, invite, err := a.store.In(workspace).AddMember(a.ctx,
		NewMember{Email: fmt.Sprintf("member%d@example.com", a.added), Role: role})
	a.must(err)
	return member, invite.Secret
}

func (a *arena) invited(role Role) (Member, credential.Secret) {
	a.Helper()
	return a.invitedIn(a.session.WorkspaceID, role)
}

// joinedIn returns the ID of a new member who has joined.
func (a *arena) joinedIn(workspace string, role Role) string {
	a.Helper()
	member, secret := a.invitedIn(workspace, role)
	_, err := a.store.AcceptInvite(a.ctx, secret, someHash, "")
	a.must(err)
	return member.ID
}

func (a *arena) joined(role Role) string {
	a.Helper()
	return a.joinedIn(a.session.WorkspaceID, role)
}

// hasOneToken checks that a member has one token, and that it is one of these.
func (a *arena) hasOneToken(member string, tokens ...string) {
	a.Helper()
	listed, err := a.team().MemberTokens(a.ctx, member)
	a.must(err)
	if valid := a.valid(tokens...); len(listed) != 1 || valid != 1 {
		a.Errorf("the member has %d tokens, and %d of those that were made are valid", len(listed), valid)
	}
}

// removal is a member who is removed by one process, while the other one gets something for them.
func (a *arena) removal(what string) (tasks [2]task) {
	a.Helper()
	workspace, member := a.session.WorkspaceID, a.joined(PlainMember)
	tasks[0].Args = []string{"remove", workspace, member}
	tasks[1].Args = []string{what, workspace, member}
	session := Session{MemberID: member, WorkspaceID: workspace}
	switch what {
	case "seat":
		subscription, err := a.team().CreateSubscription(a.ctx, Terms{}, 1)
		a.must(err)
		tasks[1].Args = append(tasks[1].Args, subscription.ID)
	case "reset":
		_, _, err := a.team().CreateMemberToken(a.ctx, member)
		a.must(err)
	case "login":
		login, exchange := a.begin()
		a.confirm(login, session)
		bearer, err := a.store.ExchangeLogin(a.ctx, login.ID, exchange)
		a.must(err)
		tasks[1].Args = append(tasks[1].Args, bearer.Reveal())
	case "confirm":
		login, exchange := a.begin()
		tasks[1].Args = append(tasks[1].Args, login.ID, login.Code, exchange.Reveal())
	case "link":
		invite, err := a.team().Invite(a.ctx, member)
		a.must(err)
		tasks[1].Args = append(tasks[1].Args, invite.Secret.Reveal())
	}
	return tasks
}

// getSomething gets what [arena.removal] has prepared.
func (s *Store) getSomething(ctx context.Context, args []string) (string, error) {
	workspace, member := args[1], args[2]
	var secret credential.Secret
	var err error
	switch args[0] {
	case "seat":
		_, err = s.In(workspace).AssignLicense(ctx, member, args[3])
	case "token":
		_, secret, err = s.As(workspace, member).CreateMemberToken(ctx, member)
	case "reset":
		_, secret, err = s.As(workspace, member).ResetMemberToken(ctx, member)
	case "session":
		secret, err = s.enter(ctx, account{member, workspace, "", someHash}, someHash, "Firefox")
	case "login":
		secret, err = s.LoginToken(ctx, credential.NewSecret(args[3]))
	case "confirm":
		if _, err = s.ConfirmLogin(ctx, args[3], args[4], Session{MemberID: member, WorkspaceID: workspace}); err != nil {
			return "", err
		}
		var bearer credential.Secret
		if bearer, err = s.ExchangeLogin(ctx, args[3], credential.NewSecret(args[5])); err == nil {
			secret, err = s.LoginToken(ctx, bearer)
		}
	case "link":
		_, err = s.AcceptInvite(ctx, credential.NewSecret(args[3]), someHash, "")
	default:
		err = errors.New("the test does not know " + args[0])
	}
	return secret.Reveal(), err
}

// hasNothing checks that a member who was removed has no session, token, seat or link. A login that was confirmed
// meanwhile gives no token.
func (a *arena) hasNothing(member string) {
	a.Helper()
	for _, query := range []string{
		"SELECT 1 FROM members WHERE id = $1 AND removed_at IS NULL",
		"SELECT 1 FROM sessions WHERE member_id = $1 AND ended_at IS NULL",
		"SELECT 1 FROM tokens WHERE member_id = $1 AND revoked_at IS NULL",
		"SELECT 1 FROM licenses WHERE member_id = $1 AND assigned_at IS NOT NULL",
		"SELECT 1 FROM invites WHERE member_id = $1",
	} {
		found, err := exists(a.ctx, a.store.reads, query, member)
		a.must(err)
		if found {
			a.Errorf("a member who was removed is found by %s", query)
		}
	}
}
