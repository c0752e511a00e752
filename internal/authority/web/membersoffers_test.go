package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
)

// Whoever may see the page of a member is offered what the store does, and nothing that it refuses.
func TestThePageOfAMemberOffersWhatTheVisitorMayDo(t *testing.T) {
	viewers := map[string]struct {
		role        authority.Role
		permissions []authority.Permission
		// may are the forms by target, in the order of the list.
		plain, admin, own string
	}{
		"an Admin": {authority.Admin, nil, "save license link token remove", "save license link token remove",
			"save license token"},
		"who manages members": {authority.PlainMember, []authority.Permission{authority.ManageMembers},
			"save link token remove", "", "save token"},
		"who assigns licenses": {authority.PlainMember, []authority.Permission{authority.AssignLicenses},
			"license", "license", "license"},
		"who does both": {authority.PlainMember,
			[]authority.Permission{authority.ManageMembers, authority.AssignLicenses},
			"save license link token remove", "license", "save license token"},
		"who manages members, and issues their own license": {authority.PlainMember,
			[]authority.Permission{authority.ManageMembers, authority.IssueOwnLicense},
			"save link token remove", "", "save license token"},
	}
	for name, viewer := range viewers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, "")
			f.subscription("team", 1000)
			f.subscription("enterprise", 1000)
			f.joined("ada@example.com", authority.Admin)
			own := f.joined("vi@example.com", viewer.role, viewer.permissions...)
			vi := f.loggedIn(own.Email)
			targets := []struct {
				name, offered string
				make          func(email string) authority.Member
			}{
				{"a member", viewer.plain, func(email string) authority.Member {
					return f.added(email, authority.PlainMember)
				}},
				{"an Admin", viewer.admin, func(email string) authority.Member { return f.added(email, authority.Admin) }},
				{"themselves", viewer.own, func(string) authority.Member { return own }},
			}
			for _, target := range targets {
				f.tryForms(vi, name+" sees "+target.name, target.offered, target.make)
			}
		})
	}
}

var memberForms = []string{"save", "license", "link", "token", "remove"}

// tryForms checks which forms the page of a member offers, and that the server does what they ask for. What is not
// offered is refused.
func (f *fixture) tryForms(vi *browser, name, offered string, target func(email string) authority.Member) {
	f.Helper()
	for i, which := range memberForms {
		member := target(fmt.Sprintf("target-%d@%s.example.com", i, strings.ReplaceAll(name, " ", "-")[len(name)-8:]))
		_, err := f.workspace().AssignLicense(context.Background(), member.ID, f.subscriptions()[0].ID)
		f.must(err)
		if tokens, err := f.workspace().MemberTokens(context.Background(), member.ID); err == nil && len(tokens) == 0 {
			_, _, err = f.workspace().CreateMemberToken(context.Background(), member.ID)
			f.must(err)
		}
		path := "/workspace/members/" + member.ID
		shown := vi.get(path).is(http.StatusOK)
		var forms []sentForm
		for _, form := range shown.forms() {
			if form.action == path+suffix(which) {
				forms = append(forms, form)
			}
		}
		mustOffer := slices.Contains(strings.Fields(offered), which)
		if (len(forms) > 0) != mustOffer {
			f.Errorf("%s, and is offered %s: %t, want %t", name, which, len(forms) > 0, mustOffer)
		}
		for _, form := range forms {
			for _, button := range append(form.buttons, "")[:max(1, len(form.buttons))] {
				if got := vi.submit(form, button); got.status != http.StatusSeeOther && got.status != http.StatusOK {
					f.Errorf("%s, and %s %s is answered with %d: %s", name, which, button, got.status, got.text)
				}
			}
		}
		if !mustOffer && !strings.Contains(name, "themselves") {
			got := vi.send(http.MethodPost, path+suffix(which), f.wanted(member, which).Encode())
			if got.status != http.StatusForbidden && got.status != http.StatusUnprocessableEntity {
				f.Errorf("%s, and %s is not offered, but done: %d", name, which, got.status)
			}
		}
	}
}

func suffix(which string) string {
	if which == "save" {
		return ""
	}
	return "/" + which
}

func (f *fixture) subscriptions() []authority.Subscription {
	f.Helper()
	all, err := f.workspace().Subscriptions(context.Background())
	f.must(err)
	return all
}

// wanted is what a form would send that is not offered.
func (f *fixture) wanted(member authority.Member, which string) url.Values {
	f.Helper()
	tokens, err := f.workspace().MemberTokens(context.Background(), member.ID)
	f.must(err)
	return map[string]url.Values{
		"save":    {"role": {"member"}, "permissions": {"manage-members"}},
		"license": {"action": {"assign"}, "subscription": {f.subscriptions()[1].ID}},
		"token":   {"token": {tokens[0].ID}},
	}[which]
}

func TestTheListShowsWhatTheVisitorMaySee(t *testing.T) {
	f := newFixture(t, "")
	f.subscription("team", 3)
	f.assign(f.joined("ada@example.com", authority.Admin))
	f.joined("manager@example.com", authority.PlainMember, authority.ManageMembers)
	f.joined("assigner@example.com", authority.PlainMember, authority.AssignLicenses)
	f.joined("reader@example.com", authority.PlainMember, authority.SeeAuditLog, authority.ManageCIKeys,
		authority.IssueOwnLicense)
	const seats, invite, adminRole = "1 of 3 used", "Invite a member", `name="role" value="admin"`
	f.loggedIn("ada@example.com").get("/workspace/members").is(http.StatusOK, seats, invite, adminRole, "Workspace Admin")
	f.loggedIn("manager@example.com").get("/workspace/members").is(http.StatusOK, invite, `value="manage-members"`).
		lacks(seats, adminRole, `value="assign-licenses"`)
	f.loggedIn("assigner@example.com").get("/workspace/members").is(http.StatusOK, seats).lacks(invite)
	reader := f.loggedIn("reader@example.com")
	reader.get("/workspace/members").is(http.StatusForbidden).lacks("ada@example.com")
	reader.get("/workspace/members/" + f.memberNow("ada@example.com").ID).is(http.StatusForbidden).lacks("ada@example.com")
	reader.get("/").lacks("Users &amp; Licenses")
}
