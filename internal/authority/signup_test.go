package authority

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

func adasAccount(email string) NewAccount {
	return NewAccount{
		Email: email, Name: "Ada", Workspace: "Ada's team", Password: credential.NewSecret(rightPassword),
	}
}

func TestWhoSignsUpIsTheAdminOfATrialWorkspace(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("other@example.com") // of another workspace
		cookie, err := l.store.SignUp(l.ctx, adasAccount(" Ada@Example.com"), "Firefox")
		l.must(err)
		session := l.session(cookie)
		if session == nil || session.Email != "ada@example.com" || session.Client != "Firefox" {
			t.Fatalf("the session is %+v", session)
		}
		me := l.store.As(session.WorkspaceID, session.MemberID)
		member, err := me.Member(l.ctx, session.MemberID)
		l.must(err)
		if member.Role != Admin || member.Name != "Ada" || member.Joined == nil || member.License != nil {
			t.Errorf("the member is %+v", member)
		}
		workspace, err := me.Workspace(l.ctx)
		l.must(err)
		if count, err := me.CountMembers(l.ctx); workspace.Name != "Ada's team" || count != 1 || err != nil {
			t.Errorf("the workspace %q has %d members, %v", workspace.Name, count, err)
		}
		assigned, err := me.AssignLicense(l.ctx, member.ID, "")
		l.must(err)
		ends := l.clock.Now().Add(14 * 24 * time.Hour)
		if assigned.Plan != "trial" || assigned.Status != "ACTIVE" || !assigned.Expires.Equal(ends.Truncate(time.Second)) {
			t.Errorf("the license is %+v", assigned)
		}
		_, _, err = me.AddMember(l.ctx, NewMember{Email: "bo@example.com"})
		l.must(err)
		_, err = me.AssignLicense(l.ctx, "bo@example.com", "")
		l.refused(err, "1 of 1 seat used")
		l.enter("ada@example.com") // by the password
	})
}

func TestSigningUpIsInTheAuditLog(t *testing.T) {
	onBoth(t, func(l *logins) {
		cookie, err := l.store.SignUp(l.ctx, adasAccount("ada@example.com"), "Firefox")
		l.must(err)
		session := l.session(cookie)
		log, err := l.store.As(session.WorkspaceID, session.MemberID).AuditLog(l.ctx, "")
		l.must(err)
		var actions []string
		for _, entry := range log.Rows {
			actions = append(actions, entry.Action)
			if entry.ActorID != session.MemberID || entry.Actor != "ada@example.com" || entry.Address != "192.0.2.1" {
				t.Errorf("the row is %+v", entry)
			}
		}
		const want = "session.start subscription.create member.sign-up workspace.create"
		if got := strings.Join(actions, " "); got != want {
			t.Errorf("the log has %s, want %s", got, want)
		}
	})
}

func TestSigningUpIsRefusedBesideEachField(t *testing.T) {
	long := strings.Repeat("x", 101)
	bad := NewAccount{Email: "ada", Name: long, Workspace: "\u202e", Password: credential.NewSecret("short")}
	var fields []string
	for _, refusal := range Refusals(bad.Check()) {
		fields = append(fields, refusal.Field)
	}
	if got := strings.Join(fields, " "); got != "email name workspace password" {
		t.Errorf("the fields are %s", got)
	}
	for field, change := range map[string]func(*NewAccount){
		"email":     func(a *NewAccount) { a.Email = "ada@exa mple.com" },
		"name":      func(a *NewAccount) { a.Name = "a\nb" },
		"workspace": func(a *NewAccount) { a.Workspace = "  " },
		"password":  func(a *NewAccount) { a.Password = credential.NewSecret("ada@example.comada@example.com") },
	} {
		wanted := adasAccount("ada@example.com")
		change(&wanted)
		err := wanted.Check()
		if found := Refusals(err); len(found) != 1 || found[0].Field != field {
			t.Errorf("%s: the error is %v", field, err)
		}
	}
	if err := adasAccount("ada@example.com").Check(); err != nil {
		t.Error(err)
	}
}

// Whoever signs up can take the email address of somebody else, and wait until they log in with a provider.
func TestNobodyEntersAWorkspaceOfSomebodyElseWithAnIdentity(t *testing.T) {
	onBoth(t, func(l *logins) {
		cookie, err := l.store.SignUp(l.ctx, adasAccount("ada@example.com"), "Firefox")
		l.must(err)
		session := l.session(cookie)
		_, link, err := l.store.As(session.WorkspaceID, session.MemberID).AddMember(l.ctx, NewMember{Email: "bo@example.com"})
		l.must(err)
		_, err = l.store.Join(l.ctx, link.Secret, credential.NewSecret(rightPassword), "", "Firefox")
		l.must(err)
		for _, email := range []string{"ada@example.com", "bo@example.com"} {
			_, err := l.store.EnterWith(l.ctx, person(email, email), "Firefox")
			l.refused(err, "the account of "+email+" is in a workspace that somebody has signed up for")
		}
	})
}

// Nothing of an attempt that is refused stays.
func TestAnEmailAddressSignsUpOnce(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("bo@example.com")
		_, err := l.store.SignUp(l.ctx, adasAccount("ada@example.com"), "Firefox")
		l.must(err)
		before := l.rows()
		for _, taken := range []string{"ada@example.com", "BO@example.com"} {
			_, err := l.store.SignUp(l.ctx, adasAccount(taken), "Firefox")
			l.refused(err, "this email address has an account already")
		}
		if after := l.rows(); after != before {
			t.Errorf("there were %s, and are %s", before, after)
		}
	})
}

func TestOfManyWhoSignUpAtOnceOneGetsTheEmailAddress(t *testing.T) {
	onBoth(t, func(l *logins) {
		for email, form := range map[string]func(i int) string{
			"forms@example.com": func(i int) string { return fmt.Sprint("form", i) },
			"form@example.com":  func(int) string { return "form" },
		} {
			well := 0
			for _, err := range atOnce(6, func(i int) error {
				return discard(l.store.signUp(WithForm(l.ctx, form(i)), adasAccount(email), someHash, "Firefox"))
			}) {
				if err == nil {
					well++
				} else {
					l.refused(err, "")
				}
			}
			if well != 1 {
				t.Errorf("%s: %d have signed up", email, well)
			}
		}
		const want = "2 workspaces, 2 members, 2 subscriptions, 2 sessions"
		if rows := l.rows(); !strings.HasPrefix(rows, want) {
			t.Errorf("there are %s", rows)
		}
	})
}

// rows says how many rows the tables have that signing up adds to.
func (l *logins) rows() string {
	l.Helper()
	var counts []string
	for _, table := range []string{"workspaces", "members", "subscriptions", "sessions", "audit"} {
		var count int
		l.must(l.store.reads.QueryRowContext(l.ctx, "SELECT count(*) FROM "+table).Scan(&count))
		counts = append(counts, fmt.Sprint(count, " ", table))
	}
	return strings.Join(counts, ", ")
}

// signUpRaces are races of two servers. The members of a pair have the same email address, or send the same form.
var signUpRaces = []race{{
	name: "signing up",
	arrange: func(a *arena) (tasks [2]task) {
		a.runs++
		for i := range tasks {
			email, form := fmt.Sprintf("ada.%d@example.com", a.runs), fmt.Sprintf("form%d", a.runs)
			if a.runs%2 == 0 {
				form = fmt.Sprintf("form%d%c", a.runs, 'a'+i)
			} else {
				email = fmt.Sprint(i, email)
			}
			tasks[i].Args = []string{email, form}
		}
		return tasks
	},
	act: func(ctx context.Context, s *Store, told task) (string, error) {
		cookie, err := s.signUp(WithForm(ctx, told.Args[1]), adasAccount(told.Args[0]), someHash, "Firefox")
		return cookie.Reveal(), err
	},
	check: func(a *arena, told [2]task, got [2]result) {
		session := a.logins.session(credential.NewSecret(a.winner(got)))
		if session == nil {
			a.Fatal("the winner has no session")
		}
		for i, one := range got {
			if one.won() && session.Email != told[i].Args[0] {
				a.Errorf("the session is that of %s", session.Email)
			}
		}
	},
}}
