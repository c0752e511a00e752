package authority

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// team is a workspace with two members who have joined: anna, an Admin, and bo, who has a license and a developer
// token. guest has not joined yet. The team has a subscription of three seats and a CI token.
type team struct {
	*fixture
	Scope
	store        *Store
	number       int
	anna, bo     Member
	guest        Member
	subscription Subscription
	boToken      Token
	boSecret     credential.Secret
	ci           Token
	ciSecret     credential.Secret
}

// newTeam makes the team with a number.
func (f *fixture) newTeam(number int) *team {
	f.Helper()
	workspace, err := f.store.CreateWorkspace(f.Context(), fmt.Sprint("Team ", number))
	f.must(err)
	made := &team{fixture: f, Scope: f.store.In(workspace.ID), store: f.store, number: number}
	made.anna = made.joined("anna", Admin)
	made.bo = made.joined("bo", PlainMember)
	_, err = f.store.writes.Exec("UPDATE members SET oidc_issuer = $1, oidc_subject = id WHERE id = $2", testIssuer,
		made.bo.ID)
	f.must(err)
	made.guest, _, err = made.AddMember(f.Context(), NewMember{Email: made.email("guest")})
	f.must(err)
	made.subscription, err = made.CreateSubscription(f.Context(), Terms{Plan: "team"}, 3)
	f.must(err)
	_, err = made.AssignLicense(f.Context(), made.bo.ID, made.subscription.ID)
	f.must(err)
	made.boToken, made.boSecret, err = made.CreateMemberToken(f.Context(), made.bo.ID)
	f.must(err)
	made.ci, made.ciSecret, err = made.CreateCIToken(f.Context(), "nightly")
	f.must(err)
	return made
}

// email is the address of somebody of this team.
func (t *team) email(name string) string { return fmt.Sprintf("%s.%d@example.com", name, t.number) }

// joined adds a member who has joined.
func (t *team) joined(name string, role Role, permissions ...Permission) Member {
	t.Helper()
	_, invite, err := t.AddMember(t.Context(), NewMember{Email: t.email(name), Role: role, Permissions: permissions})
	t.must(err)
	member, err := t.store.AcceptInvite(t.Context(), invite.Secret, "$argon2id$of a test", "")
	t.must(err)
	return member
}

// as is the team's workspace for one of its members.
func (t *team) as(member Member) Scope { return t.store.As(t.workspace, member.ID) }

// give replaces the permissions of a member.
func (t *team) give(member Member, permissions ...Permission) {
	t.Helper()
	_, err := t.ChangeMember(t.Context(), member.ID, MemberChange{Permissions: &permissions})
	t.must(err)
}

// seat is what a token's client is told of its license: its ID, or "" if there is none.
func (f *fixture) seat(secret credential.Secret) string {
	f.Helper()
	token, err := f.store.Judge(f.Context(), secret)
	f.must(err)
	if token == nil || token.License == nil || !token.License.Assigned {
		return ""
	}
	return token.License.ID
}

// refused fails the test unless err is a Refusal with this verdict and text.
func (f *fixture) refused(err error, verdict Verdict, want string) {
	f.Helper()
	got, is := errors.AsType[Refusal](err)
	if !is || got.Verdict != verdict || !strings.Contains(got.Error(), want) {
		f.Errorf("the error is %v (%s), want a verdict %q with %q", err, got.Verdict, verdict, want)
	}
}

// dump is everything that the database has in columns of texts.
func (f *fixture) dump() string {
	f.Helper()
	var all strings.Builder
	for _, query := range []string{
		"SELECT id || name FROM workspaces ORDER BY id",
		`SELECT id || email || name || role || permissions || coalesce(password_hash, '') || coalesce(removed_at, 0)
			FROM members ORDER BY id`,
		"SELECT hash || member_id || expires_at FROM invites ORDER BY hash",
		"SELECT id || plan || status || products || seats || expires_at FROM subscriptions ORDER BY id",
		`SELECT id || coalesce(member_id, '') || name || email || hash || hint || coalesce(revoked_at, 0)
			FROM tokens ORDER BY id`,
		"SELECT id || subscription_id || coalesce(assigned_at, 0) FROM licenses ORDER BY id",
		"SELECT id || code || client || exchange_hash || coalesce(bearer_hash, '') FROM auth_requests ORDER BY id",
		"SELECT id || hash || client || coalesce(ended_at, 0) FROM sessions ORDER BY id",
		"SELECT id || actor_id || actor || address || action || subject || detail FROM audit ORDER BY id",
	} {
		rows, err := texts(f.Context(), f.store.reads, query)
		f.must(err)
		all.WriteString(strings.Join(rows, "\n") + "\n")
	}
	return all.String()
}

// audited returns how many rows the audit log has.
func (f *fixture) audited() (rows int) {
	f.Helper()
	f.must(f.store.reads.QueryRowContext(f.Context(), "SELECT count(*) FROM audit").Scan(&rows))
	return rows
}

// atOnce calls do a number of times at the same time, and returns the errors.
func atOnce(count int, do func(i int) error) []error {
	var group sync.WaitGroup
	found := make([]error, count)
	for i := range count {
		group.Go(func() { found[i] = do(i) })
	}
	group.Wait()
	return found
}

// split counts calls that went well, and fails the test unless all others were refused with a text.
func (f *fixture) split(results []error, want string) (well int) {
	f.Helper()
	for _, err := range results {
		if err == nil {
			well++
			continue
		}
		f.refused(err, Conflict, want)
	}
	return well
}

// onTeam runs a test with a team on both databases.
func onTeam(t *testing.T, test func(*team)) {
	t.Helper()
	postgres.OnBoth(t, func(t *testing.T, database string) { test(newFixture(t, database).newTeam(1)) })
}

func discard[T any](_ T, err error) error { return err }

func discard2[A, B any](_ A, _ B, err error) error { return err }
