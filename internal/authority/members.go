package authority

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

const memberPrefix = "member_"

// Member is a member of a workspace.
type Member struct {
	// ID is "member_" and a UUID.
	ID          string `json:"id"`
	WorkspaceID string `json:"workspace_id"`
	// Email is in the form of [ReadEmail]. No two members of an authority have the same.
	Email string `json:"email"`
	// Name may be empty.
	Name string `json:"name"`
	Role Role   `json:"role"`
	// Permissions are those of a Workspace Member. [Allowed] says what a member may do.
	Permissions []Permission `json:"permissions"`
	Invited     time.Time    `json:"invited"`
	// Joined is when the member first used an invite, or logged in with a provider; nil if never.
	Joined *time.Time `json:"joined"`
	// HasPassword reports whether the member can log in with a password. Lists of links do not say it.
	HasPassword bool `json:"-"`
	// Removed reports whether the member was removed. Lists have none that was.
	Removed bool `json:"-"`
	// License is nil if there never was one.
	License *License `json:"license"`
}

// seesMembers are the permissions of which one is needed to see other members.
var seesMembers = anyOf{ManageMembers, AssignLicenses}

const selectMembers = `
	SELECT m.id, m.workspace_id, m.email, m.name, m.role, m.permissions, m.invited_at, m.joined_at, m.removed_at,
	       m.password_hash IS NOT NULL,
	       ` + licenseColumns + `
	FROM members m
	LEFT JOIN licenses l ON l.member_id = m.id
	LEFT JOIN subscriptions s ON s.id = l.subscription_id`

// members returns the members that a query with this rest selects.
func (s *Store) members(ctx context.Context, from querier, rest string, args ...any) ([]Member, error) {
	rows, err := from.QueryContext(ctx, selectMembers+" "+rest, args...)
	now := s.now()
	return collect(rows, err, func(rows *sql.Rows) (Member, error) { return scanMember(rows, now) })
}

func scanMember(rows *sql.Rows, now time.Time) (Member, error) {
	var (
		member          Member
		permissions     string
		invited         int64
		joined, removed sql.NullInt64
		granted         licenseRow
	)
	err := rows.Scan(append([]any{&member.ID, &member.WorkspaceID, &member.Email, &member.Name, &member.Role, &permissions,
		&invited, &joined, &removed, &member.HasPassword}, granted.columns()...)...)
	if err != nil {
		return Member{}, err
	}
	member.Permissions = splitPermissions(permissions)
	member.Invited, member.Joined, member.Removed = moment(invited), momentOrNone(joined), removed.Valid
	member.License, err = granted.license(now)
	return member, err
}

// Members returns a page of the workspace's members in the order of their email addresses: those after the address
// after, whose address contains search in whatever case. Both may be empty. It needs a permission on members or
// licenses.
func (c Scope) Members(ctx context.Context, search, after string) (Page[Member], error) {
	if len(search) > maxEmail || !isText(search) || !isText(after) {
		return Page[Member]{}, invalid("search", "no email address contains this text")
	}
	page, err := readAs(ctx, c, seesMembers,
		func(ctx context.Context, by caller) (Page[Member], error) {
			// The search reads only an index.
			rows, err := c.store.members(ctx, c.store.reads, `WHERE m.id IN (SELECT id FROM members
				WHERE workspace_id = $1 AND removed_at IS NULL AND email > $2 AND email LIKE $3 ESCAPE '!'
				ORDER BY email LIMIT $4) ORDER BY m.email`, c.workspace, after, likePattern(search), PageSize+1)
			return pageOf(rows, func(m Member) string { return m.Email }), err
		})
	if err != nil {
		return Page[Member]{}, fmt.Errorf("cannot list the members: %w", err)
	}
	return page, nil
}

// likePattern is the pattern for texts that contain what was searched for, in the form of [ReadEmail].
func likePattern(search string) string {
	search = strings.ToLower(strings.TrimSpace(search))
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(search) + "%"
}

// CountMembers returns how many members the workspace has. It needs a permission on members or licenses.
func (c Scope) CountMembers(ctx context.Context) (int, error) {
	count, err := readAs(ctx, c, seesMembers, func(ctx context.Context, _ caller) (n int, err error) {
		err = c.store.reads.QueryRowContext(ctx,
			"SELECT count(*) FROM members WHERE workspace_id = $1 AND removed_at IS NULL", c.workspace).Scan(&n)
		return n, err
	})
	if err != nil {
		return 0, fmt.Errorf("cannot count the members: %w", err)
	}
	return count, nil
}

// Member returns a member by ID or email address. It needs a permission on members or licenses, except for the member
// who asks.
func (c Scope) Member(ctx context.Context, who string) (Member, error) {
	member, err := readAs(ctx, c, anyOf{own}, func(ctx context.Context, by caller) (Member, error) {
		member, err := c.store.member(ctx, c.store.reads, c.workspace, who)
		return member, by.maySee(member.ID, err, seesMembers...)
	})
	if err != nil {
		return Member{}, fmt.Errorf("cannot show the member: %w", err)
	}
	return member, nil
}

// member returns a member of a workspace, who is not removed, by ID or email address.
func (s *Store) member(ctx context.Context, from querier, workspace, who string) (Member, error) {
	column := "m.id"
	switch {
	case strings.Contains(who, "@"):
		email, err := ReadEmail(who)
		if err != nil {
			return Member{}, err
		}
		column, who = "m.email", email
	case !hasForm(memberPrefix, who):
		return Member{}, errNoMember() // it may be a secret, and is not repeated
	}
	found, err := s.members(ctx, from, "WHERE m.workspace_id = $1 AND m.removed_at IS NULL AND "+column+" = $2", workspace,
		who)
	switch {
	case err != nil:
		return Member{}, err
	case len(found) == 0 && column == "m.email":
		return Member{}, without("member", NotFound, "no member has the email address %s", who)
	case len(found) == 0:
		return Member{}, errNoMember()
	}
	return found[0], nil
}

// memberOf returns a member of the workspace, who is not removed, by ID or email address.
func (w *work) memberOf(who string) (Member, error) {
	return w.store.member(w.ctx, w, w.workspace, who)
}

func errNoMember() error {
	return without("member", NotFound, "there is no such member: use an email address, or an ID of the list of members")
}
