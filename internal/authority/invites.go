package authority

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"localstack-entrypoint/internal/credential"
)

// InviteLife is how long a one-time link is good.
const InviteLife = 7 * 24 * time.Hour

// Invite is a one-time link, by which a member joins, or sets a new password.
type Invite struct {
	// Secret is the last part of the link, /invite/SECRET. It is here only when the link is made.
	Secret credential.Secret `json:"-"`
	Member Member            `json:"member"`
	// Workspace is the name of the member's workspace, for a list and for who opens the link.
	Workspace string    `json:"-"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`
}

// MarshalJSON leaves out the license of the member, which a list of links does not read.
func (i Invite) MarshalJSON() ([]byte, error) {
	type member struct {
		Member

		License *License `json:"license,omitempty"` // hides that of Member
	}
	return json.Marshal(struct {
		Member  member    `json:"member"`
		Created time.Time `json:"created"`
		Expires time.Time `json:"expires"`
	}{member{Member: i.Member}, i.Created, i.Expires})
}

// Invite makes a one-time link for a member, who is named by ID or email address: to join, or to set a new password. A
// link that was made before is revoked. It needs [ManageMembers]; nobody makes one for a member who may do more than
// themselves.
func (c Scope) Invite(ctx context.Context, who string) (Invite, error) {
	var made Invite
	err := c.manage(ctx, who, func(w *work, member Member) (err error) {
		made, err = w.invite(member)
		return err
	})
	if err != nil {
		return Invite{}, fmt.Errorf("cannot make a link: %w", err)
	}
	return made, nil
}

// RevokeInvite revokes the link of a member, who is named by ID or email address. It needs what [Scope.Invite]
// needs.
func (c Scope) RevokeInvite(ctx context.Context, who string) error {
	err := c.manage(ctx, who, func(w *work, member Member) error {
		rows, err := w.exec("DELETE FROM invites WHERE member_id = $1 AND expires_at > $2", member.ID, w.now.Unix())
		if err == nil && rows == 0 {
			err = without("invite", NotFound, "%s has no link that could be used", member.Email)
		}
		if err != nil {
			return err
		}
		return w.note("invite.revoke", member.ID, member.Email)
	})
	if err != nil {
		return fmt.Errorf("cannot revoke the link: %w", err)
	}
	return nil
}

// invite makes the link of a member; the one before is revoked.
func (w *work) invite(member Member) (Invite, error) {
	made := Invite{
		Secret: randomSecret(), Member: member, Created: moment(w.now.Unix()), Expires: moment(w.now.Add(InviteLife).Unix()),
	}
	if _, err := w.exec("DELETE FROM invites WHERE member_id = $1", member.ID); err != nil {
		return Invite{}, err
	}
	_, err := w.exec("INSERT INTO invites (hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
		w.hash(made.Secret.Reveal()), member.ID, made.Created.Unix(), made.Expires.Unix())
	if err != nil {
		return Invite{}, err
	}
	return made, w.note("invite.create", member.ID, member.Email)
}

// Invites returns a page of the links that can be used, in the order in which their members were added: those after the
// ID of a member, which may be empty. It needs [ManageMembers].
func (c Scope) Invites(ctx context.Context, after string) (Page[Invite], error) {
	if !isText(after) {
		return Page[Invite]{}, errNoMember()
	}
	page, err := readAs(ctx, c, anyOf{ManageMembers}, func(ctx context.Context, _ caller) (Page[Invite], error) {
		rows, err := c.store.invites(ctx, c.store.reads, `m.workspace_id = $1 AND i.member_id > $2
			AND i.expires_at > $3 ORDER BY i.member_id LIMIT $4`, c.workspace, after, c.store.now().Unix(), PageSize+1)
		return pageOf(rows, func(i Invite) string { return i.Member.ID }), err
	})
	if err != nil {
		return Page[Invite]{}, fmt.Errorf("cannot list the links: %w", err)
	}
	return page, nil
}

// invites returns links with what a list needs of their members.
//
// With the words CROSS JOIN, SQLite begins with the links, which are fewer than the members.
func (s *Store) invites(ctx context.Context, from querier, where string, args ...any) ([]Invite, error) {
	rows, err := from.QueryContext(ctx, `SELECT m.id, m.workspace_id, m.email, m.name, m.role, m.permissions, m.invited_at,
		m.joined_at, i.created_at, i.expires_at, (SELECT w.name FROM workspaces w WHERE w.id = m.workspace_id)
		FROM invites i CROSS JOIN members m WHERE m.id = i.member_id AND `+where, args...)
	return collect(rows, err, func(rows *sql.Rows) (one Invite, err error) {
		var permissions string
		var invited, created, expires int64
		var joined sql.NullInt64
		err = rows.Scan(&one.Member.ID, &one.Member.WorkspaceID, &one.Member.Email, &one.Member.Name, &one.Member.Role,
			&permissions, &invited, &joined, &created, &expires, &one.Workspace)
		one.Member.Permissions = splitPermissions(permissions)
		one.Member.Invited, one.Member.Joined = moment(invited), momentOrNone(joined)
		one.Created, one.Expires = moment(created), moment(expires)
		return one, err
	})
}

// OpenInvite returns what a link is for, and changes nothing. A link that cannot be used, or no longer, is a [Refusal].
func (s *Store) OpenInvite(ctx context.Context, secret credential.Secret) (Invite, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	found, err := inTurn(ctx, s, func() (Invite, error) {
		if err := s.checkFile(); err != nil {
			return Invite{}, err
		}
		return s.openInvite(ctx, s.reads, secret)
	})
	if err = s.verdict(ctx, err); err != nil {
		return Invite{}, fmt.Errorf("cannot open the link: %w", err)
	}
	return found, nil
}

func (s *Store) openInvite(ctx context.Context, from querier, secret credential.Secret) (Invite, error) {
	found, err := s.invites(ctx, from,
		"i.hash = $1 AND i.expires_at > $2", s.hash(secret.Reveal()), s.now().Unix())
	if err == nil && len(found) == 0 {
		err = errUsedLink()
	}
	if err != nil {
		return Invite{}, err
	}
	return found[0], nil
}

// AcceptInvite uses a link up: it stores the hash of the member's new password, which package password has made, and
// ends their sessions. An empty name leaves the name as it is. It returns the member. A link that cannot be used, or no
// longer, is a [Refusal].
func (s *Store) AcceptInvite(ctx context.Context, secret credential.Secret, passwordHash, name string) (Member, error) {
	var joined Member
	err := s.change(ctx, func(t *tx) error {
		invite, err := s.openInvite(ctx, t, secret)
		if err != nil {
			return err
		}
		if invite.Member.Name, err = readOptionalName("member", name); err != nil {
			return err
		}
		// A member who is being removed, or who gets a new link, is waited for.
		if _, err := t.lockWorkspace(invite.Member.WorkspaceID); err != nil {
			return err
		}
		t = t.as(Actor{ID: invite.Member.ID, Name: invite.Member.Email, Address: actorOf(ctx).Address})
		joined, err = t.join(s, invite.Member, secret, passwordHash)
		return err
	})
	if err != nil {
		return Member{}, fmt.Errorf("cannot use the link: %w", err)
	}
	return joined, nil
}

// join uses the link of a member up.
func (t *tx) join(s *Store, member Member, secret credential.Secret, passwordHash string) (Member, error) {
	// Of two at once, one finds it gone.
	rows, err := t.exec("DELETE FROM invites WHERE hash = $1 AND expires_at > $2", t.hash(secret.Reveal()), t.now.Unix())
	if err == nil && rows == 0 {
		err = errUsedLink()
	}
	if err != nil {
		return Member{}, err
	}
	_, err = t.exec(`UPDATE members SET joined_at = coalesce(joined_at, $1), name = coalesce(nullif($2, ''), name)
		WHERE id = $3`, t.now.Unix(), member.Name, member.ID)
	if err != nil {
		return Member{}, err
	}
	who := account{id: member.ID, workspace: member.WorkspaceID, email: member.Email}
	if err := t.setPassword(who, passwordHash, ""); err != nil {
		return Member{}, err
	}
	if err := t.audit(Event{Workspace: member.WorkspaceID, Action: "invite.accept", Subject: member.ID}); err != nil {
		return Member{}, err
	}
	return s.member(t.ctx, t, member.WorkspaceID, member.ID)
}

func errUsedLink() error {
	return refuse(NotFound, "the link was used, has expired, or was replaced by another: ask for a new one")
}
