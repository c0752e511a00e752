package authority

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestWhatMembersMayDo(t *testing.T) {
	all := []Permission{ManageMembers, AssignLicenses, IssueOwnLicense, ManageCIKeys, SeeAuditLog}
	for name, test := range map[string]struct {
		member Member
		may    []Permission
	}{
		"nobody":            {Member{}, nil},
		"an Admin":          {Member{ID: "a", Role: Admin}, append(all, own, adminsOnly)},
		"a removed Admin":   {Member{ID: "a", Role: Admin, Removed: true}, nil},
		"a Member":          {Member{ID: "a", Role: PlainMember}, []Permission{own}},
		"an unknown role":   {Member{ID: "a", Role: "owner"}, []Permission{own}},
		"a Member with":     {Member{ID: "a", Role: PlainMember, Permissions: all[4:]}, []Permission{SeeAuditLog, own}},
		"a Member with all": {Member{ID: "a", Role: PlainMember, Permissions: all}, append(all, own)},
		"a removed Member":  {Member{ID: "a", Role: PlainMember, Permissions: all, Removed: true}, nil},
	} {
		for _, permission := range append(all, own, adminsOnly, operatorOnly, "", "unknown") {
			if got := Allowed(test.member, permission); got != slices.Contains(test.may, permission) {
				t.Errorf("%s: Allowed(%q) = %t", name, permission, got)
			}
		}
	}
	manual, err := os.ReadFile("../../docs/AUTHORITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range Permissions() {
		row := fmt.Sprintf("| `%s` | %s", one.Permission, one.Text)
		if one.Permission != all[i] || !strings.Contains(string(manual), row) {
			t.Errorf("permission %d, %+v, is not in the manual", i, one)
		}
	}
}

func TestWhoOutranksWhom(t *testing.T) {
	member := func(permissions ...Permission) Member {
		return Member{ID: "a", Role: PlainMember, Permissions: permissions}
	}
	everything := member(ManageMembers, AssignLicenses, IssueOwnLicense, ManageCIKeys, SeeAuditLog)
	admin := Member{ID: "b", Role: Admin}
	for name, test := range map[string]struct {
		member, other Member
		want          bool
	}{
		"an Admin a Member with all permissions": {admin, everything, true},
		"a Member with all permissions an Admin": {everything, admin, false},
		"an Admin another":                       {admin, admin, false},
		"a Member another":                       {member(), member(), false},
		"one permission none":                    {member(SeeAuditLog), member(ManageMembers), true},
		"one permission all":                     {member(SeeAuditLog), everything, false},
	} {
		if got := outranks(test.member, test.other); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestPermissionsAreReadInOneOrder(t *testing.T) {
	got, err := readPermissions([]Permission{SeeAuditLog, ManageMembers, SeeAuditLog})
	if err != nil || joinPermissions(got) != "manage-members,see-audit-log" {
		t.Errorf("the permissions are %q, %v", got, err)
	}
	if back := splitPermissions(joinPermissions(got)); !slices.Equal(back, got) {
		t.Errorf("they come back as %q", back)
	}
	if none := splitPermissions(""); none == nil || len(none) != 0 {
		t.Errorf("no permissions are %#v", none)
	}
	for _, name := range []Permission{"", "own", "admins-only", "operator-only", "Manage-Members", Permission(hugeText)} {
		_, err := readPermissions([]Permission{ManageMembers, name})
		checkRefusal(t, err, Invalid, "permissions", "use manage-members, assign-licenses, ")
	}
	checkRefusal(t, checkRole("owner"), Invalid, "role", "use admin or member")
}
