package authority

import (
	"context"
	"fmt"
	"strings"
)

// NewMember describes a member to add.
type NewMember struct {
	Email string
	// Name may be empty: the member chooses it when they join.
	Name string
	// Role is [PlainMember] if empty.
	Role        Role
	Permissions []Permission
}

// MemberChange says what of a member changes; nil means that it stays as it is.
type MemberChange struct {
	Name        *string
	Role        *Role
	Permissions *[]Permission
}

// AddMember adds a member, and returns them with the link by which they join. It needs [ManageMembers]; nobody adds a
// member who may do more than themselves. What cannot be is a [Refusal].
func (c Scope) AddMember(ctx context.Context, wanted NewMember) (Member, Invite, error) {
	var added Member
	var invite Invite
	err := c.change(ctx, anyOf{ManageMembers}, func(w *work) (err error) {
		if added, err = w.addMember(wanted); err != nil {
			return err
		}
		invite, err = w.invite(added)
		return err
	})
	if err != nil {
		return Member{}, Invite{}, fmt.Errorf("cannot add the member: %w", err)
	}
	return added, invite, nil
}

func (w *work) addMember(wanted NewMember) (Member, error) {
	member := Member{
		ID: newID(memberPrefix), WorkspaceID: w.workspace, Role: PlainMember, Invited: moment(w.now.Unix()),
	}
	var err error
	if member.Email, err = ReadEmail(wanted.Email); err != nil {
		return Member{}, err
	}
	change := MemberChange{Name: &wanted.Name, Permissions: &wanted.Permissions}
	if wanted.Role != "" {
		change.Role = &wanted.Role
	}
	if err := change.apply(&member); err != nil {
		return Member{}, err
	}
	if err := w.mayGive(member); err != nil {
		return Member{}, err
	}
	rows, err := w.exec(`INSERT INTO members (id, workspace_id, email, name, role, permissions, invited_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, member.ID, w.workspace, member.Email, member.Name,
		string(member.Role), joinPermissions(member.Permissions), w.now.Unix())
	switch {
	case err != nil:
		return Member{}, err
	case rows == 0:
		// It may be a member of another workspace; nothing more is said of that.
		return Member{}, Refusal{Verdict: Conflict, Field: "email", text: member.Email +
			" is a member already: an email address belongs to one member"}
	}
	return member, w.note("member.add", member.ID, member.summary())
}

// apply makes the change, or returns an error that says what of it is invalid.
func (m MemberChange) apply(member *Member) (err error) {
	if m.Name != nil {
		if member.Name, err = readOptionalName("member", *m.Name); err != nil {
			return err
		}
	}
	if m.Role != nil {
		if err := checkRole(*m.Role); err != nil {
			return err
		}
		member.Role = *m.Role
	}
	if m.Permissions != nil {
		if member.Permissions, err = readPermissions(*m.Permissions); err != nil {
			return err
		}
	}
	return nil
}

// summary is what the audit log says of a member.
func (m Member) summary() string {
	words := []string{m.Email, string(m.Role)}
	for _, permission := range m.Permissions {
		words = append(words, string(permission))
	}
	return strings.Join(words, ", ")
}

// ChangeMember changes a member, who is named by ID or email address, and returns them. It needs [ManageMembers],
// except for the own name. Nobody changes a member who may do more than themselves, or makes one; the last Admin stays.
func (c Scope) ChangeMember(ctx context.Context, who string, change MemberChange) (Member, error) {
	var changed Member
	err := c.change(ctx, anyOf{own}, func(w *work) error {
		before, err := w.memberFor(who)
		if err != nil {
			return err
		}
		changed = before
		if err := change.apply(&changed); err != nil {
			return err
		}
		return w.saveMember(before, changed)
	})
	if err != nil {
		return Member{}, fmt.Errorf("cannot change the member: %w", err)
	}
	return changed, nil
}

func (w *work) saveMember(before, after Member) error {
	if !w.is(before.ID) || before.summary() != after.summary() {
		if err := w.mayChange(before); err != nil {
			return err
		}
		if err := w.mayGive(after); err != nil {
			return err
		}
	}
	if after.Role != Admin {
		if err := w.keepAnAdmin(before); err != nil {
			return about("role", err)
		}
	}
	if before.Name == after.Name && before.summary() == after.summary() {
		return nil
	}
	_, err := w.exec("UPDATE members SET name = $1, role = $2, permissions = $3 WHERE id = $4", after.Name,
		string(after.Role), joinPermissions(after.Permissions), after.ID)
	if err != nil {
		return err
	}
	return w.note("member.change", after.ID, after.summary())
}

// memberFor returns a member whom the caller wants to change. To callers who may change no one but themselves, all
// others look alike, whether they exist or not.
func (w *work) memberFor(who string) (Member, error) {
	member, err := w.memberOf(who)
	return member, w.maySee(member.ID, err, ManageMembers)
}

// keepAnAdmin returns an error if leaving is the last Admin. One who has joined is not replaced by one who has not.
func (w *work) keepAnAdmin(leaving Member) error {
	isLast, err := isLastAdmin(w.ctx, w, leaving)
	if err == nil && isLast {
		err = refuse(Conflict, "%s is the last Admin: make another member an Admin first, who has joined", leaving.Email)
	}
	return err
}

func isLastAdmin(ctx context.Context, from querier, member Member) (bool, error) {
	if member.Role != Admin {
		return false, nil
	}
	others, err := exists(ctx, from, `SELECT 1 FROM members WHERE workspace_id = $1 AND removed_at IS NULL
		AND role = 'admin' AND id <> $2 AND (joined_at IS NOT NULL OR $3 = 0)`, member.WorkspaceID, member.ID,
		boolean(member.Joined != nil))
	return !others, err
}

// IsLastAdmin reports whether a member, who is named by ID or email address, is the last Admin, who stays. It needs
// [ManageMembers].
func (c Scope) IsLastAdmin(ctx context.Context, who string) (bool, error) {
	isLast, err := readAs(ctx, c, anyOf{ManageMembers}, func(ctx context.Context, _ caller) (bool, error) {
		member, err := c.store.member(ctx, c.store.reads, c.workspace, who)
		if err != nil {
			return false, err
		}
		return isLastAdmin(ctx, c.store.reads, member)
	})
	if err != nil {
		return false, fmt.Errorf("cannot look for other Admins: %w", err)
	}
	return isLast, nil
}

// manage runs do for a member, named by ID or email address, whom the caller may change.
func (c Scope) manage(ctx context.Context, who string, do func(*work, Member) error) error {
	return c.change(ctx, anyOf{ManageMembers}, func(w *work) error {
		member, err := w.memberOf(who)
		if err != nil {
			return err
		}
		if err := w.mayChange(member); err != nil {
			return err
		}
		return do(w, member)
	})
}

// RemoveMember removes a member, who is named by ID or email address: their tokens and links are refused at once, their
// sessions and open logins end, and their seat is free. It needs [ManageMembers]. Nobody removes a member who may do
// more than themselves; the last Admin stays.
func (c Scope) RemoveMember(ctx context.Context, who string) error {
	err := c.manage(ctx, who, func(w *work, member Member) error {
		if err := w.keepAnAdmin(member); err != nil {
			return err
		}
		return w.removeMember(member)
	})
	if err != nil {
		return fmt.Errorf("cannot remove the member: %w", err)
	}
	return nil
}

func (w *work) removeMember(member Member) error {
	now := w.now.Unix()
	for _, step := range []struct {
		query string
		args  []any
	}{
		// A member and a login of theirs are locked in this order, as by [Store.LoginToken].
		{`UPDATE members SET removed_at = $1, password_hash = NULL WHERE id = $2`, []any{now, member.ID}},
		{`UPDATE auth_requests SET denied_at = $1
			WHERE member_id = $2 AND denied_at IS NULL AND bearer_used_at IS NULL`, []any{now, member.ID}},
		{`UPDATE sessions SET ended_at = $1 WHERE member_id = $2 AND ended_at IS NULL`, []any{now, member.ID}},
		{`UPDATE tokens SET revoked_at = $1 WHERE member_id = $2 AND revoked_at IS NULL`, []any{now, member.ID}},
		{`UPDATE licenses SET assigned_at = NULL WHERE member_id = $1`, []any{member.ID}},
		{`DELETE FROM invites WHERE member_id = $1`, []any{member.ID}},
	} {
		if _, err := w.exec(step.query, step.args...); err != nil {
			return err
		}
	}
	return w.note("member.remove", member.ID, member.Email)
}

func boolean(is bool) int {
	if is {
		return 1
	}
	return 0
}
