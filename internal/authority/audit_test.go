package authority

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
)

func TestTheAuditLogHasPages(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := WithActor(one.Context(), Actor{Name: "somebody", Address: "192.0.2.7"})
		other := one.newTeam(2)
		for i := range 2 * PageSize {
			one.must(one.as(one.anna).Rename(ctx, fmt.Sprint("name ", i)))
		}
		var entries []Entry
		before := ""
		for range 9 {
			page, err := one.AuditLog(ctx, before)
			one.must(err)
			entries = append(entries, page.Rows...)
			if before = page.Next; before == "" {
				break
			}
		}
		isNewestFirst := slices.IsSortedFunc(entries, func(a, b Entry) int { return strings.Compare(b.ID, a.ID) })
		first, last := entries[0], entries[len(entries)-1]
		isRight := first.Action == "workspace.rename" && first.Detail == fmt.Sprint("name ", 2*PageSize-1) &&
			first.Actor == one.anna.Email && first.ActorID == one.anna.ID && first.Address == "192.0.2.7" &&
			first.At.Equal(one.clock.Now()) && last.Action == "workspace.create"
		if !isRight || !isNewestFirst || len(entries) < 2*PageSize+10 {
			one.Errorf("%d entries, from %+v to %+v", len(entries), first, last)
		}
		for _, entry := range entries {
			if entry.WorkspaceID != one.workspace {
				one.Errorf("the log has %+v of another workspace", entry)
			}
		}
		all, err := one.store.AuditLog(ctx, entries[len(entries)-1].ID)
		one.must(err)
		if len(all.Rows) != 0 {
			one.Errorf("there is something before the first entry: %+v", all)
		}
		one.must(other.Rename(ctx, "last"))
		if all, err := one.store.AuditLog(ctx, "nonsense"); err != nil || all.Rows[0].WorkspaceID != other.workspace {
			one.Errorf("the log of all workspaces begins with %+v, %v", all.Rows, err)
		}
	})
}

// A search finds who acted, and whom it was about, in whatever case the address is written.
func TestTheAuditLogIsSearchedByEmail(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		other := one.newTeam(2)
		one.must(discard2(one.as(one.anna).AddMember(ctx, NewMember{Email: "new_one@example.com"})))
		for search, want := range map[string]int{
			"New_One@Example.com": 2, " new_one@example.com ": 2, other.anna.Email: 0, "nobody@example.com": 0,
		} {
			found, err := one.SearchAuditLog(ctx, search, "")
			one.must(err)
			if len(found.Rows) != want {
				one.Errorf("%q finds %+v, want %d", search, found.Rows, want)
			}
		}
		found, err := one.SearchAuditLog(ctx, one.anna.Email, "")
		one.must(err)
		if len(found.Rows) == 0 || found.Rows[0].Actor != one.anna.Email {
			one.Errorf("the Admin is found in %+v", found.Rows)
		}
		for _, step := range []struct {
			action string
			do     func() error
		}{
			{"license.unassign", func() error { return one.UnassignLicense(ctx, one.bo.ID) }},
			{"license.assign", func() error { return discard(one.AssignLicense(ctx, one.bo.ID, "")) }},
			{"token.rotate", func() error { return discard2(one.ResetMemberToken(ctx, one.bo.ID)) }},
			{"token.revoke", func() error {
				token, err := one.DeveloperToken(ctx, one.bo.ID)
				one.must(err)
				return one.as(one.anna).RevokeMemberToken(ctx, token.ID)
			}},
			{"member.remove", func() error { return one.as(one.anna).RemoveMember(ctx, one.bo.ID) }},
		} {
			one.must(step.do())
			found, err := one.SearchAuditLog(ctx, one.bo.Email, "")
			one.must(err)
			if len(found.Rows) == 0 || found.Rows[0].Action != step.action {
				one.Errorf("after %s of the member, the search finds %+v", step.action, found.Rows)
			}
		}
		for _, odd := range []string{"anna", "%", "a\x00b@example.com", "\xff", strings.Repeat("a", 300)} {
			one.refused(discard(one.SearchAuditLog(ctx, odd, "")), Invalid, "a whole email address")
		}
	})
}

// A change is in the log once, and what changes nothing is not.
func TestAChangeIsInTheAuditLogOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		alone, _, err := one.store.CreateToken(ctx, NewToken{Kind: CI, Workspace: one.workspace})
		one.must(err)
		one.must(discard(one.AssignLicense(ctx, one.ci.ID, "")))
		for _, token := range []Token{alone, one.ci} {
			unassign := func() error { return one.store.Unassign(ctx, token.ID) }
			revoke := func() error { return one.store.RevokeToken(ctx, token.ID) }
			for i, step := range []struct {
				rows int
				do   func() error
			}{
				{1, unassign},
				{0, unassign},
				{1, func() error { return discard(one.store.Assign(ctx, token.ID, Terms{})) }},
				{1, func() error { return discard(one.store.RotateToken(ctx, token.ID)) }},
				{1, revoke},
				{0, revoke},
			} {
				before := one.audited()
				one.must(step.do())
				if rows := one.audited() - before; rows != step.rows {
					one.Errorf("%s: step %d made %d rows, want %d", token.Name, i, rows, step.rows)
				}
			}
		}
	})
}

// What goes wrong leaves nothing in the log, and what is in it stays.
func TestTheAuditLogOnlyGrows(t *testing.T) {
	onTeam(t, func(one *team) {
		before := one.audited()
		one.refused(one.RemoveMember(one.Context(), one.anna.ID), Conflict, "last Admin")
		one.refused(discard(one.AssignLicense(one.Context(), one.anna.ID, newID(subscriptionPrefix))), NotFound, "")
		if after := one.audited(); after != before {
			one.Errorf("the log had %d rows and has %d", before, after)
		}
	})
	change := regexp.MustCompile(`(?i)\b(UPDATE|DELETE\s+FROM|(DROP|ALTER|TRUNCATE)\s+TABLE)\s+audit\b`)
	if !change.MatchString("DELETE FROM audit WHERE at < $1") {
		t.Error("a removal is not found")
	}
	for _, pattern := range []string{"*.go", "*/*.go", "migrations/*.sql"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if found := change.Find(source); found != nil && !strings.HasSuffix(path, "_test.go") {
				t.Errorf("%s changes the audit log: %s", path, found)
			}
		}
	}
}

// No secret is in the database, or in what the log says.
func TestNoSecretIsStored(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		secrets := []credential.Secret{one.boSecret, one.ciSecret}
		_, reset, err := one.ResetMemberToken(ctx, one.bo.ID)
		one.must(err)
		rotated, err := one.RotateCIToken(ctx, one.ci.ID)
		one.must(err)
		open, err := one.Invite(ctx, one.guest.ID)
		one.must(err)
		used, err := one.Invite(ctx, one.bo.ID)
		one.must(err)
		one.must(discard(one.store.AcceptInvite(ctx, used.Secret, "$hash", "")))
		_, own, err := one.store.CreateToken(ctx, NewToken{Kind: Developer, Workspace: one.workspace})
		one.must(err)
		all := one.dump()
		for _, secret := range append(secrets, reset, rotated, open.Secret, used.Secret, own) {
			if strings.Contains(all, secret.Reveal()) {
				one.Errorf("%s is in the database", secret)
			}
		}
		if !strings.Contains(all, one.bo.Email) || !strings.Contains(all, "token.rotate") {
			one.Error("the dump is not the database")
		}
		for _, value := range []any{open, reset, one.boSecret} {
			if text := fmt.Sprintf("%v %+v %#v", value, value, value); strings.Contains(text, open.Secret.Reveal()) ||
				strings.Contains(text, reset.Reveal()) || strings.Contains(text, one.boSecret.Reveal()) {
				one.Error("a secret is printed")
			}
		}
	})
}
