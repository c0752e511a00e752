package authority

import (
	"slices"
	"strings"
)

// Role is what a member is in the workspace.
type Role string

// The roles have LocalStack's names: Workspace Admin and Workspace Member.
const (
	Admin       Role = "admin"
	PlainMember Role = "member"
)

// Permission is something that a Workspace Member may do beyond using what is their own. A Workspace Admin may do all
// of it.
type Permission string

// LocalStack publishes one of the names: "issue a license for themselves". The others are ours.
const (
	ManageMembers   Permission = "manage-members"
	AssignLicenses  Permission = "assign-licenses"
	IssueOwnLicense Permission = "issue-own-license"
	ManageCIKeys    Permission = "manage-ci-keys"
	SeeAuditLog     Permission = "see-audit-log"

	// The following are in no member's list: own is what every member may do, adminsOnly what all Admins may, and
	// operatorOnly what only the command line may.
	own          Permission = "own"
	adminsOnly   Permission = "admins-only"
	operatorOnly Permission = "operator-only"
)

// PermissionText is a permission and what it allows, in words that complete "may".
type PermissionText struct {
	Permission Permission
	Text       string
}

// Permissions returns all permissions that a member can be given, in the order of lists.
func Permissions() []PermissionText {
	return []PermissionText{
		{ManageMembers, "manage members"},
		{AssignLicenses, "assign licenses"},
		{IssueOwnLicense, "issue a license for themselves"},
		{ManageCIKeys, "manage CI keys"},
		{SeeAuditLog, "see the audit log"},
	}
}

// Allowed reports whether a member may do something. One who was removed may do nothing.
func Allowed(member Member, permission Permission) bool {
	switch {
	case member.ID == "" || member.Removed || permission == operatorOnly:
		return false
	case permission == own:
		return true
	case permission == adminsOnly:
		return member.Role == Admin
	}
	is := func(known PermissionText) bool { return known.Permission == permission }
	return slices.ContainsFunc(Permissions(), is) &&
		(member.Role == Admin || slices.Contains(member.Permissions, permission))
}

// outranks reports whether member may do something that other may not. Nobody changes a member who outranks them, or
// makes one: else whoever manages members could make themselves an Admin, or take over the account of one.
func outranks(member, other Member) bool {
	if Allowed(member, adminsOnly) && !Allowed(other, adminsOnly) {
		return true
	}
	return slices.ContainsFunc(Permissions(), func(p PermissionText) bool {
		return Allowed(member, p.Permission) && !Allowed(other, p.Permission)
	})
}

// MayChange reports whether one member may change another: their role, permissions and links, and whether they are a
// member at all. A change may still be refused, such as of the last Admin.
func MayChange(by, member Member) bool { return Allowed(by, ManageMembers) && !outranks(member, by) }

// readPermissions returns permissions in the order of lists, each once.
func readPermissions(wanted []Permission) ([]Permission, error) {
	sorted := []Permission{} // none is [] in JSON, not null
	var names []string
	for _, one := range Permissions() {
		names = append(names, string(one.Permission))
		if slices.Contains(wanted, one.Permission) {
			sorted = append(sorted, one.Permission)
		}
	}
	for _, permission := range wanted {
		if !slices.Contains(sorted, permission) {
			return nil, invalid("permissions", "there is no permission %.40q; use %s", permission, strings.Join(names, ", "))
		}
	}
	return sorted, nil
}

// The column permissions is a list with commas.
func joinPermissions(permissions []Permission) string {
	texts := make([]string, len(permissions))
	for i, permission := range permissions {
		texts[i] = string(permission)
	}
	return strings.Join(texts, ",")
}

func splitPermissions(column string) []Permission {
	permissions := []Permission{} // none is [] in JSON, not null
	for text := range strings.SplitSeq(column, ",") {
		if text != "" {
			permissions = append(permissions, Permission(text))
		}
	}
	return permissions
}

func checkRole(role Role) error {
	if role != Admin && role != PlainMember {
		return invalid("role", "there is no role %.40q; use %s or %s", role, Admin, PlainMember)
	}
	return nil
}
