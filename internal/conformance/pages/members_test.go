package pages

import "testing"

// An Admin invites somebody, who sets a password at the link, and sees only what is their own.
func TestInvitation(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	ada := newBrowser(t, a).As("Ada").LogIn("ada@example.com")
	ada.Open("/workspace/members").Is(200, "Workspace Members").Look("members-alone")
	ada.Unfold("Invite a member").Fill("Email address", "ada@example.com").Fill("Name", "Bob").Press("Invite")
	ada.Is(422, "Workspace Members").Look("members-refused")
	ada.Fill("Email address", "bob@example.com").Press("Invite")
	ada.Is(200, "A link for bob@example.com").Look("member-link")
	link := ada.Find(".secret")

	bob := newBrowser(t, a).As("Bob").Open(link).Look("invite")
	bob.Fill("Password", "too short").Fill("The same password again", "too short").Press("Set password and log in")
	bob.Look("invite-refused")
	bob.Fill("Password", password).Fill("The same password again", password).Press("Set password and log in")
	for _, path := range []string{"/workspace/members", "/workspace/audit"} {
		bob.Open(path).Is(403, "You may not do this")
	}
	bob.Look("forbidden")
	for _, tab := range []string{"Users & Licenses", "CI Keys", "Audit Log"} {
		if bob.Has(tab) {
			t.Errorf("a plain Member sees the tab %s", tab)
		}
	}
	bob.Open("/sessions").Is(200, "Your account").Lacks("ada@example.com")
	bob.Open(link).Look("invite-used")

	ada.Open("/workspace/members").Shows("bob@example.com").Look("members")
}

// What an Admin saves counts at once for the member's browser, in which they are logged in.
func TestRoleAndPermissions(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	a.member("bob@example.com")
	bob := newBrowser(t, a).As("Bob").LogIn("bob@example.com").Open("/workspace/members").Is(403, "You may not do this")
	ada := newBrowser(t, a).As("Ada").LogIn("ada@example.com").Open("/workspace/members")
	ada.Press("bob@example.com").Is(200, "bob@example.com").Look("member")

	const saved = "Role and permissions were saved."
	ada.Check("May manage members", true).Press("Save").Is(200, "bob@example.com").Shows(saved).Look("member-saved")
	bob.Open("/workspace/members").Is(200, "Workspace Members").Look("members-of-manager")
	bob.Press("ada@example.com").Is(200, "ada@example.com").Look("member-of-manager")
	bob.Open("/workspace/audit").Is(403, "You may not do this")

	ada.Check("May manage members", false).Check("May see the audit log", true).Press("Save").Shows(saved)
	bob.Open("/workspace/members").Is(403, "You may not do this")
	bob.Open("/workspace/audit").Is(200, "Audit Log").Look("audit")

	ada.Check("Workspace Admin…", true).Press("Save").Shows(saved)
	bob.Open("/workspace/members").Press("ada@example.com")
	bob.Check("Workspace Member…", true).Press("Save").Shows(saved)
	ada.Open("/workspace/members").Is(403, "You may not do this")
}

// No more licenses are assigned than there are.
func TestLicensesOfMembers(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	a.member("bob@example.com")
	ada := newBrowser(t, a).As("Ada").LogIn("ada@example.com")
	ada.Open("/workspace/members").Press("bob@example.com").Look("member-without-subscription")
	a.do("subscription", "create", "--plan", "team", "--seats", "1")
	ada.Open("/workspace/members").Shows("0 of 1 used").Press("bob@example.com").Press("Assign a license")
	ada.Is(200, "bob@example.com").Shows("Licenses count at the next start of a container.").Look("member-licensed")
	ada.Open("/workspace/members").Shows("1 of 1 used").Look("members-licensed").Press("ada@example.com")
	ada.Shows("All licenses are used.").Look("member-without-seat")
	ada.Open("/workspace/members").Press("bob@example.com").Press("Unassign the license").Look("member-unassigned")
	ada.Open("/workspace/members").Shows("0 of 1 used")

	ada.Press("bob@example.com").Unfold("Create a link to set a new password").Press("Create the link")
	ada.Is(200, "A link for bob@example.com").Look("member-new-password")
	ada.Press("Workspace Members").Press("bob@example.com").Unfold("Remove bob@example.com").Look("member-to-remove")
	ada.Press("Remove bob@example.com").Is(200, "Workspace Members").Look("members-removed").Lacks("1 of 1 used")
}
