package web

import (
	"errors"
	"net/url"
	"slices"

	"localstack-entrypoint/internal/authority"
)

// memberPage is what the page of a member shows, as far as the visitor may see it. It offers only what the store would
// do.
type memberPage struct {
	form
	Member authority.Member
	// IsOwn reports whether the member is the visitor.
	IsOwn, MayChange, MayAssign bool
	grantable
	// Seats are those that could be assigned to the member.
	Seats seats
	// SeesTokens reports whether the visitor may see the member's tokens: the developer token, nil if there is none, and
	// those of logins with lstk.
	SeesTokens bool
	Token      *authority.Token
	Logins     []authority.Token
	Pager      pager
}

// MayRevoke reports whether the visitor may revoke tokens of the member.
func (p *memberPage) MayRevoke() bool { return p.IsOwn || p.MayChange }

// HasLicense reports whether a license is assigned to the member.
func (p *memberPage) HasLicense() bool { return isAssigned(p.Member.License) }

// MayRemove reports whether the visitor may remove the member. Somebody else removes the own account.
func (p *memberPage) MayRemove() bool { return p.MayChange && !p.IsOwn && !p.IsLastAdmin }

func (s *Site) memberPage(v *visit) *reply {
	page, err := s.member(v)
	if err != nil {
		return noMember(err)
	}
	return show("member", page)
}

// member is the page of a member, whose form has what is saved.
func (s *Site) member(v *visit) (*memberPage, error) {
	member, err := v.scope.Member(v.Context(), v.PathValue("id"))
	if err != nil {
		return nil, err
	}
	page := &memberPage{form: formOf(v), Member: member, IsOwn: member.ID == v.member.ID, grantable: grantableBy(v.member)}
	page.typed = nil
	page.fill(member)
	page.MayChange = authority.MayChange(v.member, member)
	page.MayAssign = authority.Allowed(v.member, authority.AssignLicenses) ||
		page.IsOwn && authority.Allowed(v.member, authority.IssueOwnLicense)
	page.SeesTokens = authority.Allowed(v.member, authority.ManageMembers)
	if page.MayChange {
		if page.IsLastAdmin, err = v.scope.IsLastAdmin(v.Context(), member.ID); err != nil {
			return nil, err
		}
	}
	if page.MayAssign {
		if page.Seats, err = seatsFor(v, member); err != nil {
			return nil, err
		}
	}
	if page.SeesTokens {
		return page, page.addTokens(v)
	}
	return page, nil
}

// addTokens adds a page of the member's tokens.
func (p *memberPage) addTokens(v *visit) (err error) {
	if p.Token, err = v.scope.DeveloperToken(v.Context(), p.Member.ID); err != nil {
		return err
	}
	logins, err := v.scope.LoginTokens(v.Context(), p.Member.ID, v.URL.Query().Get("before"))
	p.Logins, p.Pager = logins.Rows, pagerOf(v, "before", logins.Next)
	return err
}

// seatsFor are the free seats of which a member has none.
func seatsFor(v *visit, member authority.Member) (seats, error) {
	found, err := seatsOf(v)
	found.Free = slices.DeleteFunc(found.Free, func(one authority.Subscription) bool {
		return isAssigned(member.License) && member.License.SubscriptionID == one.ID
	})
	return found, err
}

// fill fills the form with what is saved.
func (f *form) fill(member authority.Member) {
	f.typed = map[string][]string{"name": {member.Name}, "role": {string(member.Role)}}
	for _, one := range member.Permissions {
		f.typed["permissions"] = append(f.typed["permissions"], string(one))
	}
}

// saveMember saves name, role and permissions.
func (s *Site) saveMember(v *visit) *reply {
	typed := formOf(v)
	name, role, permissions := typed.Value("name"), authority.Role(typed.Value("role")), typed.permissions()
	saved, err := v.scope.ChangeMember(v.Context(), v.PathValue("id"), authority.MemberChange{
		Name: &name, Role: &role, Permissions: &permissions,
	})
	if err != nil {
		return s.refusedMember(v, err, &typed, "name", "role", "permissions")
	}
	if saved.ID == v.member.ID && !s.access["/workspace/members/{id}"].lets(saved) {
		return redirectDone(first, "member-own") // the page of the member is no longer theirs to see
	}
	return redirectDone(pathOfMember(saved), "member")
}

// refusedMember answers with the page of a member what was refused: beside the field if it is about one of fields.
// typed is what the form of the role shall show; nil means what is saved.
func (s *Site) refusedMember(v *visit, refusal error, typed *form, fields ...string) *reply {
	if _, ok := errors.AsType[authority.Refusal](refusal); !ok {
		return fail(refusal)
	}
	page, err := s.member(v)
	if err != nil {
		return noMember(err)
	}
	if typed != nil {
		page.form = *typed
	}
	page.refused(refusal, fields...)
	return unacceptable("member", page, "member.change")
}

// changeLicense assigns or unassigns a license.
func (s *Site) changeLicense(v *visit) *reply {
	member, err := v.scope.Member(v.Context(), v.PathValue("id")) // and nobody else
	if err != nil {
		return noMember(err)
	}
	typed, what := formOf(v), "license-assigned"
	if typed.Value("action") == "unassign" {
		what = "license-unassigned"
		err = v.scope.UnassignLicense(v.Context(), member.ID)
	} else {
		_, err = v.scope.AssignLicense(v.Context(), member.ID, typed.Value("subscription"))
	}
	if err != nil {
		return s.refusedMember(v, err, nil, "subscription")
	}
	return s.memberDone(v, what)
}

// memberDone leads back to the page of the member.
func (s *Site) memberDone(v *visit, what string) *reply {
	return redirectDone(membersPath+"/"+url.PathEscape(v.PathValue("id")), what)
}

// makeLink shows a new link of a member, once.
func (s *Site) makeLink(v *visit) *reply {
	made, err := v.scope.Invite(v.Context(), v.PathValue("id"))
	switch {
	case isSentBefore(err):
		return s.memberDone(v, "link-twice")
	case err != nil:
		return s.refusedMember(v, err, nil)
	}
	return linkPage(v, made.Member, made.Secret)
}

func (s *Site) revokeMemberToken(v *visit) *reply {
	if err := v.scope.RevokeMemberToken(v.Context(), v.PostFormValue("token")); err != nil {
		return s.refusedMember(v, err, nil)
	}
	return s.memberDone(v, "token")
}

func (s *Site) removeMember(v *visit) *reply {
	if err := v.scope.RemoveMember(v.Context(), v.PathValue("id")); err != nil {
		return s.refusedMember(v, err, nil)
	}
	return redirectDone(membersPath, "member-removed")
}
