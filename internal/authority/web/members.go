package web

import (
	"errors"
	"net/http"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

// maxSubscriptions is how many subscriptions a page shows.
const maxSubscriptions = 20

const membersPath = "/workspace/members"

// memberList is what the page of the members shows, as far as the visitor may see it.
type memberList struct {
	form
	authority.Page[authority.Member]

	Search search
	Pager  pager
	// IsFirst reports whether it is the first page of all members, which also has their number and that of the seats.
	IsFirst bool
	Count   int
	// Own is the ID of the visitor.
	Own string
	// MayManage and MayAssign report whether the visitor has the permissions for that.
	MayManage, MayAssign bool
	Subscriptions        []authority.Subscription
	// MoreSubscriptions is how many more there are than are shown.
	MoreSubscriptions int
	grantable
}

// grantable are the roles and permissions that a visitor may give.
type grantable struct {
	MayMakeAdmins bool
	Permissions   []authority.PermissionText
	// IsLastAdmin reports whether it is about the last Admin, who stays one.
	IsLastAdmin bool
}

// grantableBy returns what a member may give: nobody gives what they do not have.
func grantableBy(giver authority.Member) grantable {
	found := grantable{MayMakeAdmins: giver.Role == authority.Admin}
	for _, one := range authority.Permissions() {
		if authority.Allowed(giver, one.Permission) {
			found.Permissions = append(found.Permissions, one)
		}
	}
	return found
}

func (s *Site) membersPage(v *visit) *reply {
	list, err := s.memberList(v)
	switch {
	case err != nil:
		return fail(err)
	case list.HasProblem():
		return unacceptable("members", list, "members.search")
	}
	return show("members", list)
}

// memberList is a page of the members, with what was searched for.
func (s *Site) memberList(v *visit) (*memberList, error) {
	after, err := authority.ReadEmail(v.URL.Query().Get("after"))
	if err != nil {
		after = "" // of no list of ours
	}
	list := &memberList{
		form: formOf(v), Search: searchOf(v, "Search by email address"), Own: v.member.ID, grantable: grantableBy(v.member),
		MayManage: authority.Allowed(v.member, authority.ManageMembers),
		MayAssign: authority.Allowed(v.member, authority.AssignLicenses),
	}
	list.Page, err = v.scope.Members(v.Context(), list.Search.Text, after)
	if isAbout(err, "search") {
		list.refused(err, "search")
	} else if err != nil {
		return nil, err
	}
	list.Pager = pagerOf(v, "after", list.Next)
	if list.Search.Text != "" || after != "" {
		return list, nil
	}
	return list, list.count(v)
}

// count counts members and seats, for the first page of the list alone: it takes as long as a search.
func (l *memberList) count(v *visit) (err error) {
	l.IsFirst = true
	if l.Count, err = v.scope.CountMembers(v.Context()); err != nil || !l.MayAssign {
		return err
	}
	l.Subscriptions, err = v.scope.Subscriptions(v.Context())
	l.MoreSubscriptions = max(0, len(l.Subscriptions)-maxSubscriptions)
	l.Subscriptions = l.Subscriptions[:len(l.Subscriptions)-l.MoreSubscriptions]
	return err
}

// isAbout reports whether an error is a refusal of an input.
func isAbout(err error, field string) bool {
	refusal, ok := errors.AsType[authority.Refusal](err)
	return ok && refusal.Field == field
}

// noMember answers with what looking for a member gave.
func noMember(err error) *reply {
	if refusal, ok := errors.AsType[authority.Refusal](err); !ok || refusal.Verdict != authority.NotFound {
		return fail(err)
	}
	return refuse(http.StatusNotFound, "member.unknown", notice{
		Title: "There is no such member", Text: "The link is wrong, or the member was removed.",
		Link: membersPath, LinkText: "Workspace Members",
	})
}

// addMember adds a member, and shows the link by which they join.
func (s *Site) addMember(v *visit) *reply {
	typed := formOf(v)
	added, invite, err := v.scope.AddMember(v.Context(), authority.NewMember{
		Email: typed.Value("email"), Name: typed.Value("name"), Role: authority.Role(typed.Value("role")),
		Permissions: typed.permissions(),
	})
	if err == nil {
		return linkPage(v, added, invite.Secret)
	}
	if isSentBefore(err) {
		if known, err := v.scope.Member(v.Context(), typed.Value("email")); err == nil {
			return redirectDone(pathOfMember(known), "member-twice")
		}
	}
	if !typed.refused(err, "email", "name", "role", "permissions") {
		return fail(err)
	}
	list, err := s.memberList(v)
	if err != nil {
		return fail(err)
	}
	list.form = typed
	return unacceptable("members", list, "member.add")
}

// permissions are those that were chosen.
func (f form) permissions() []authority.Permission {
	chosen := []authority.Permission{}
	for _, one := range f.typed["permissions"] {
		chosen = append(chosen, authority.Permission(one))
	}
	return chosen
}

func pathOfMember(member authority.Member) string { return membersPath + "/" + member.ID }

// oneTimeLink is what the page with a new link shows. It is the only one that ever has it.
type oneTimeLink struct {
	Member authority.Member
	URL    string
	Days   int
	// MayAssign and HasLicense report whether the visitor may assign a license to the member, and whether there is one.
	MayAssign, HasLicense bool
}

func linkPage(v *visit, member authority.Member, secret credential.Secret) *reply {
	const day = 24
	return show("link", oneTimeLink{
		Member: member, URL: v.base + "/invite/" + secret.Reveal(), Days: int(authority.InviteLife.Hours() / day),
		MayAssign:  authority.Allowed(v.member, authority.AssignLicenses),
		HasLicense: isAssigned(member.License),
	})
}
