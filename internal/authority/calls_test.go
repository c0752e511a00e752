package authority

import (
	"context"
)

// call is a call of a method of Scope about what team "of" has.
type call struct {
	method string
	// needs are the permissions of which each alone is enough; own for all members, operatorOnly for none.
	needs []Permission
	// changes says that the call is in the audit log.
	changes bool
	do      func(ctx context.Context, scope Scope, of *team) error
}

// calls has each method of Scope; those that are about bo are about another member for all who call them.
func calls() []call {
	name, role := "Other", PlainMember
	seats := 5
	return []call{
		{"Workspace", []Permission{own}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Workspace(ctx))
		}},
		{"Rename", []Permission{adminsOnly}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.Rename(ctx, "Other")
		}},
		{"Members", seesMembers, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Members(ctx, "", ""))
		}},
		{"CountMembers", seesMembers, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.CountMembers(ctx))
		}},
		{"Member", seesMembers, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Member(ctx, of.bo.ID))
		}},
		{"IsLastAdmin", []Permission{ManageMembers}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.IsLastAdmin(ctx, of.bo.ID))
		}},
		{"AddMember", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard2(c.AddMember(ctx, NewMember{Email: of.email("new")}))
		}},
		{"ChangeMember", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.ChangeMember(ctx, of.bo.ID, MemberChange{Name: &name, Role: &role}))
		}},
		{"RemoveMember", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.RemoveMember(ctx, of.bo.ID)
		}},
		{"UnlinkMember", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.UnlinkMember(ctx, of.bo.ID)
		}},
		{"Invite", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Invite(ctx, of.bo.ID))
		}},
		{"RevokeInvite", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.RevokeInvite(ctx, of.guest.ID)
		}},
		{"Invites", []Permission{ManageMembers}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Invites(ctx, ""))
		}},
		{"Subscriptions", seesSeats, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Subscriptions(ctx))
		}},
		{"Subscription", seesSeats, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.Subscription(ctx, of.subscription.ID))
		}},
		{"CreateSubscription", []Permission{operatorOnly}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.CreateSubscription(ctx, Terms{}, 1))
		}},
		{"ChangeSubscription", []Permission{operatorOnly}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.ChangeSubscription(ctx, of.subscription.ID, SubscriptionChange{Seats: &seats}))
		}},
		{"AssignLicense", []Permission{AssignLicenses}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.AssignLicense(ctx, of.guest.ID, ""))
		}},
		{"UnassignLicense", []Permission{AssignLicenses}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.UnassignLicense(ctx, of.bo.ID)
		}},
		{"MemberTokens", []Permission{ManageMembers}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.MemberTokens(ctx, of.bo.ID))
		}},
		{"DeveloperToken", []Permission{ManageMembers}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.DeveloperToken(ctx, of.bo.ID))
		}},
		{"LoginTokens", []Permission{ManageMembers}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.LoginTokens(ctx, of.bo.ID, ""))
		}},
		{"MemberUse", []Permission{ManageMembers}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.MemberUse(ctx, of.bo.ID))
		}},
		{"CreateMemberToken", []Permission{operatorOnly}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard2(c.CreateMemberToken(ctx, of.guest.ID))
		}},
		{"ResetMemberToken", []Permission{operatorOnly}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard2(c.ResetMemberToken(ctx, of.bo.ID))
		}},
		{"RevokeMemberToken", []Permission{ManageMembers}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.RevokeMemberToken(ctx, of.boToken.ID)
		}},
		{"CITokens", []Permission{ManageCIKeys}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.CITokens(ctx, ""))
		}},
		{"CIToken", []Permission{ManageCIKeys}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.CIToken(ctx, of.ci.ID))
		}},
		{"CITokenUse", []Permission{ManageCIKeys}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.CITokenUse(ctx, of.ci.ID, ""))
		}},
		{"CreateCIToken", []Permission{ManageCIKeys}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard2(c.CreateCIToken(ctx, "weekly"))
		}},
		{"CreateLicensedCIToken", []Permission{ManageCIKeys}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard2(c.CreateLicensedCIToken(ctx, "weekly", of.subscription.ID))
		}},
		{"RenameCIToken", []Permission{ManageCIKeys}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.RenameCIToken(ctx, of.ci.ID, "weekly")
		}},
		{"RotateCIToken", []Permission{ManageCIKeys}, true, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.RotateCIToken(ctx, of.ci.ID))
		}},
		{"RevokeCIToken", []Permission{ManageCIKeys}, true, func(ctx context.Context, c Scope, of *team) error {
			return c.RevokeCIToken(ctx, of.ci.ID)
		}},
		{"SearchAuditLog", []Permission{SeeAuditLog}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.SearchAuditLog(ctx, of.bo.Email, ""))
		}},
		{"AuditLog", []Permission{SeeAuditLog}, false, func(ctx context.Context, c Scope, of *team) error {
			return discard(c.AuditLog(ctx, ""))
		}},
	}
}
