package authority

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit/postgres"
)

func TestEachMethodIsInTheTable(t *testing.T) {
	table := map[string]bool{}
	for _, one := range calls() {
		table[one.method] = true
	}
	for method := range reflect.TypeFor[Scope]().Methods() {
		if !table[method.Name] {
			t.Errorf("%s is called by no test of what members may do", method.Name)
		}
	}
}

// kind is a kind of a caller.
type kind struct {
	name   string
	choose func(of *team) Scope
	// may reports whether the caller may do what needs one of these.
	may func(needs []Permission) bool
}

func kinds() []kind {
	never := func([]Permission) bool { return false }
	all := []kind{
		{"the command line", func(of *team) Scope { return of.Scope }, func([]Permission) bool { return true }},
		{"an Admin", func(of *team) Scope { return of.as(of.anna) },
			func(needs []Permission) bool { return !slices.Contains(needs, operatorOnly) }},
		{"a removed Admin", func(of *team) Scope {
			cleo := of.joined("cleo", Admin)
			of.must(of.RemoveMember(of.Context(), cleo.ID))
			return of.as(cleo)
		}, never},
		{"nobody", func(of *team) Scope { return of.store.As(of.workspace, "") }, never},
		{"a Member", func(of *team) Scope { return of.as(of.joined("cleo", PlainMember)) },
			func(needs []Permission) bool { return slices.Contains(needs, own) }},
	}
	for _, one := range Permissions() {
		all = append(all, kind{"a Member with " + string(one.Permission),
			func(of *team) Scope { return of.as(of.joined("cleo", PlainMember, one.Permission)) },
			func(needs []Permission) bool {
				return slices.Contains(needs, own) || slices.Contains(needs, one.Permission)
			}})
	}
	return all
}

// Each method is called by each kind of a caller. What goes well is in the audit log, with who did it; what is refused
// changes nothing.
func TestEachMethodNeedsItsPermission(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		number := 0
		for _, kind := range kinds() {
			newTeam := func() (*team, Scope) {
				number++
				of := f.newTeam(number)
				return of, kind.choose(of)
			}
			of, scope := newTeam()
			before := f.dump()
			for _, one := range calls() {
				if !kind.may(one.needs) {
					f.refused(one.do(t.Context(), scope, of), NotAllowed, "")
				}
			}
			if f.dump() != before {
				t.Errorf("what is refused changes something for %s", kind.name)
			}
			for _, one := range calls() {
				if kind.may(one.needs) && f.goesWell(kind.name, one, scope, of) {
					of, scope = newTeam()
				}
			}
		}
	})
}

// goesWell makes a call that its caller may make. It reports whether that has changed something.
func (f *fixture) goesWell(caller string, one call, scope Scope, of *team) (hasChanged bool) {
	f.Helper()
	rows := f.audited()
	ctx := WithActor(f.Context(), Actor{Name: "command line", Address: "192.0.2.7"})
	if err := one.do(ctx, scope, of); err != nil {
		f.Errorf("%s fails for %s: %v", one.method, caller, err)
	}
	if !one.changes {
		return false
	}
	entries, err := f.store.AuditLog(f.Context(), "")
	f.must(err)
	last := entries.Rows[0]
	isWhole := last.ActorID == scope.member && last.Address == "192.0.2.7" && last.WorkspaceID == scope.workspace
	if f.audited() <= rows || !isWhole {
		f.Errorf("%s by %s is not in the audit log, whose last entry is %+v", one.method, caller, last)
	}
	return true
}

// An Admin cannot reach what belongs to another workspace, whatever ID they send, and nor can a command line that names
// the wrong one.
func TestAnotherWorkspaceIsOutOfReach(t *testing.T) {
	onTeam(t, func(one *team) {
		other := one.newTeam(2)
		before := one.dump()
		reach := map[string]Verdict{}
		for _, call := range calls() {
			reach[call.method] = NotFound
		}
		// Those name nobody, and so are about the own workspace.
		for _, own := range []string{"Workspace", "Rename", "Members", "CountMembers", "Invites", "Subscriptions",
			"CreateSubscription", "AddMember", "CITokens", "CreateCIToken", "AuditLog", "SearchAuditLog"} {
			delete(reach, own)
		}
		for _, call := range calls() {
			verdict, isAbout := reach[call.method]
			if !isAbout {
				continue
			}
			for _, scope := range []Scope{one.as(one.anna), one.Scope} {
				err := call.do(one.Context(), scope, other)
				if scope.member != "" && slices.Contains(call.needs, operatorOnly) {
					one.refused(err, NotAllowed, "")
					continue
				}
				one.refused(err, verdict, "no ")
			}
			err := call.do(one.Context(), one.store.As(other.workspace, one.anna.ID), other)
			one.refused(err, NotAllowed, "ask an Admin")
		}
		_, err := one.AssignLicense(one.Context(), one.bo.ID, other.subscription.ID)
		one.refused(err, NotFound, "no such subscription")
		if one.dump() != before {
			one.Error("something was changed")
		}
	})
}

// What is no ID is not looked up, and not repeated: it may be a token.
func TestWhatIsNoIDIsNotFound(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		for _, text := range []string{
			"", " ", "x", hugeText, "\x00", "\xff", "%", "' OR 1=1 --", one.boSecret.Reveal(), "member_", "token_x",
			memberPrefix + strings.Repeat("0", 36), newID(memberPrefix), newID(tokenPrefix), newID(licensePrefix),
			newID(subscriptionPrefix), strings.ToUpper(one.bo.ID), one.bo.ID + " ", one.bo.ID + "\n",
			memberPrefix + "{" + strings.TrimPrefix(one.bo.ID, memberPrefix) + "}",
			memberPrefix + "urn:uuid:" + strings.TrimPrefix(one.bo.ID, memberPrefix),
		} {
			for name, err := range map[string]error{
				"Member":            discard(one.Member(ctx, text)),
				"RemoveMember":      one.RemoveMember(ctx, text),
				"Subscription":      discard(one.Subscription(ctx, text)),
				"AssignLicense":     discard(one.AssignLicense(ctx, text, "")),
				"AssignLicense of":  discard(one.AssignLicense(ctx, one.bo.ID, text+"?")),
				"UnassignLicense":   one.UnassignLicense(ctx, text),
				"CIToken":           discard(one.CIToken(ctx, text)),
				"RevokeMemberToken": one.RevokeMemberToken(ctx, text),
				"Workspace":         discard(one.store.Workspace(ctx, text+"?")),
			} {
				one.refused(err, NotFound, "no such")
				if len(text) > 5 && strings.Contains(err.Error(), text) {
					one.Errorf("%s repeats %.50q", name, text)
				}
			}
		}
	})
}

// What could not be looked up is neither denied nor missing.
func TestWhatCouldNotBeLookedUpIsNoVerdict(t *testing.T) {
	lost, missing := errors.New("the connection is lost"), errNoMember()
	member, admin := caller{member: Member{ID: "member_1"}}, caller{member: Member{ID: "member_2", Role: Admin}}
	for _, one := range []struct {
		by        caller
		who       string
		err, want error
	}{
		{member, "", lost, lost},
		{member, "", missing, errNotAllowed()},
		{member, "member_2", nil, errNotAllowed()},
		{member, "member_1", nil, nil},
		{admin, "", lost, lost},
		{admin, "", missing, missing},
		{caller{operator: true}, "", missing, missing},
	} {
		if got := one.by.maySee(one.who, one.err, ManageMembers); !errors.Is(got, one.want) {
			t.Errorf("%+v gets %v, want %v", one, got, one.want)
		}
	}
}

// In a database that was emptied nobody is missing, and nobody is refused.
func TestAnEmptiedDatabaseGivesNoVerdict(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		_, err := one.store.writes.ExecContext(ctx, "DELETE FROM authority")
		one.must(err)
		for name, err := range map[string]error{
			"a member is looked up":  discard(one.Member(ctx, newID(memberPrefix))),
			"somebody else looks up": discard(one.store.As(one.workspace, newID(memberPrefix)).Members(ctx, "", "")),
			"a link is opened":       discard(one.store.OpenInvite(ctx, randomSecret())),
			"a member is removed":    one.RemoveMember(ctx, newID(memberPrefix)),
		} {
			if _, isVerdict := errors.AsType[Refusal](err); err == nil || isVerdict {
				one.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A permission counts until it is taken away, also where the page was opened before.
func TestAPermissionThatWasTakenAwayCountsNoLonger(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.give(one.bo, ManageCIKeys)
		bo := one.as(one.bo)
		one.must(discard2(bo.CreateCIToken(ctx, "weekly")))
		one.give(one.bo)
		one.refused(discard2(bo.CreateCIToken(ctx, "monthly")), NotAllowed, "ask an Admin")
		one.give(one.bo, ManageCIKeys)
		one.must(one.RemoveMember(ctx, one.bo.ID))
		one.refused(discard2(bo.CreateCIToken(ctx, "monthly")), NotAllowed, "ask an Admin")
		one.refused(discard(bo.Workspace(ctx)), NotAllowed, "ask an Admin")
	})
}

// Nobody gets more than they have by managing members.
func TestNobodyMakesThemselvesMore(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		cleo := one.joined("cleo", PlainMember, ManageMembers)
		one.give(one.bo, SeeAuditLog)
		scope := one.as(cleo)
		admin, more := Admin, []Permission{ManageMembers, SeeAuditLog}
		for name, err := range map[string]error{
			"makes themselves an Admin":    discard(scope.ChangeMember(ctx, cleo.ID, MemberChange{Role: &admin})),
			"gives themselves more":        discard(scope.ChangeMember(ctx, cleo.ID, MemberChange{Permissions: &more})),
			"adds an Admin":                discard2(scope.AddMember(ctx, NewMember{Email: one.email("dan"), Role: Admin})),
			"adds one with more":           discard2(scope.AddMember(ctx, NewMember{Email: one.email("d"), Permissions: more})),
			"gets an Admin's account":      discard(scope.Invite(ctx, one.anna.ID)),
			"gets an account with more":    discard(scope.Invite(ctx, one.bo.ID)),
			"revokes an Admin's link":      scope.RevokeInvite(ctx, one.anna.ID),
			"makes an Admin less":          discard(scope.ChangeMember(ctx, one.anna.ID, MemberChange{Permissions: &more})),
			"removes an Admin":             scope.RemoveMember(ctx, one.anna.ID),
			"gets a token of another":      discard2(scope.ResetMemberToken(ctx, one.bo.ID)),
			"revokes one of a member with": scope.RevokeMemberToken(ctx, one.boToken.ID),
		} {
			if err == nil {
				one.Errorf("a member who manages members %s", name)
				continue
			}
			one.refused(err, NotAllowed, "an Admin")
		}
		one.give(one.bo)
		one.must(discard(scope.Invite(ctx, one.bo.ID)))
		one.must(scope.RevokeMemberToken(ctx, one.boToken.ID))
		one.must(discard2(scope.AddMember(ctx, NewMember{Email: one.email("dan"), Permissions: []Permission{ManageMembers}})))
		one.must(scope.RemoveMember(ctx, one.bo.ID))
	})
}
