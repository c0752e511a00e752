package authority

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// Scope is a workspace, and who acts in it. Its methods reach no other workspace: an ID of one is "no such …". They
// check what the member may do in the transaction that does it, so that a permission that was taken away a moment ago
// counts no longer.
type Scope struct {
	store     *Store
	workspace string
	member    string
	// operator says that it is not a member who acts, but the command line, which may do everything.
	operator bool
}

// In returns the workspace with this ID for the command line, which may do everything in it.
func (s *Store) In(workspaceID string) Scope {
	return Scope{store: s, workspace: workspaceID, operator: true}
}

// As returns the workspace with this ID for one of its members. What the member may not do is a [Refusal].
func (s *Store) As(workspaceID, memberID string) Scope {
	return Scope{store: s, workspace: workspaceID, member: memberID}
}

// anyOf are permissions of which a caller needs one.
type anyOf []Permission

// caller is who calls a method of a Scope: the operator, or a member.
type caller struct {
	workspace string
	operator  bool
	member    Member
}

func (c caller) may(permission Permission) bool { return c.operator || Allowed(c.member, permission) }

func (c caller) is(memberID string) bool { return !c.operator && c.member.ID == memberID }

// maySee returns an error if the caller has none of the permissions, unless it is about themselves. err is what looking
// up the member gave: that there is none is said only to who may know it, and an unknown state to all.
func (c caller) maySee(memberID string, err error, needs ...Permission) error {
	_, isVerdict := errors.AsType[Refusal](err)
	switch {
	case err != nil && !isVerdict:
		return err
	case c.is(memberID) || slices.ContainsFunc(needs, c.may):
		return err
	}
	return errNotAllowed()
}

// mayChange returns an error if the caller may not change a member: because they do not manage members, or because the
// member may do more than they may.
func (c caller) mayChange(member Member) error {
	switch {
	case c.operator || MayChange(c.member, member):
		return nil
	case !c.may(ManageMembers):
		return errNotAllowed()
	}
	return refuse(NotAllowed, "%s may do more than you may: ask an Admin", member.Email)
}

// mayGive returns an error if the caller may not make a member who may do all that this one may.
func (c caller) mayGive(member Member) error {
	err := c.mayChange(member)
	switch {
	case err == nil || !c.may(ManageMembers):
		return err
	case member.Role == Admin && !c.may(adminsOnly):
		return about("role", refuse(NotAllowed, "only an Admin can make a member an Admin"))
	}
	return about("permissions", refuse(NotAllowed, "you cannot give a permission that you do not have: ask an Admin"))
}

// work is a transaction of a caller, with the workspace locked.
type work struct {
	*tx
	caller
	store *Store
}

// change runs do in a transaction in which the caller has one of the permissions. The workspace is locked first: two
// changes of a workspace never see the state before each other.
func (c Scope) change(ctx context.Context, needs anyOf, do func(*work) error) error {
	err := c.store.change(ctx, func(t *tx) error {
		switch found, err := t.lockWorkspace(c.workspace); {
		case err != nil:
			return err
		case !found:
			return errNoWorkspace()
		}
		by, err := c.caller(ctx, t, needs)
		if err != nil {
			return err
		}
		if !by.operator {
			t = t.as(Actor{ID: by.member.ID, Name: by.member.Email, Address: actorOf(ctx).Address})
		}
		if err := t.sendForm(); err != nil {
			return err
		}
		return do(&work{tx: t, caller: by, store: c.store})
	})
	if err == nil && sentForm(ctx) != "" {
		c.store.tidier.tidy(c.store)
	}
	return err
}

// readAs runs do for a caller who has one of the permissions.
func readAs[T any](ctx context.Context, c Scope, needs anyOf, do func(context.Context, caller) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	found, err := inTurn(ctx, c.store, func() (T, error) {
		var none T
		if err := c.store.checkFile(); err != nil {
			return none, err
		}
		by, err := c.caller(ctx, c.store.reads, needs)
		if err != nil {
			return none, err
		}
		return do(ctx, by)
	})
	return found, c.store.verdict(ctx, err)
}

// caller returns who calls, or an error if they have none of the permissions.
func (c Scope) caller(ctx context.Context, from querier, needs anyOf) (caller, error) {
	by := caller{workspace: c.workspace, operator: c.operator}
	if !c.operator {
		members, err := c.store.members(ctx, from, "WHERE m.id = $1 AND m.workspace_id = $2 AND m.removed_at IS NULL",
			c.member, c.workspace)
		if err != nil {
			return caller{}, err
		}
		if len(members) == 0 {
			return caller{}, errNotAllowed()
		}
		by.member = members[0]
	}
	if !slices.ContainsFunc(needs, by.may) {
		return caller{}, errNotAllowed()
	}
	return by, nil
}

// note adds a row about something in the workspace to the audit log.
func (w *work) note(action, subject, detail string) error {
	return w.audit(Event{Workspace: w.workspace, Action: action, Subject: subject, Detail: detail})
}

func errNotAllowed() error {
	return refuse(NotAllowed, "you may not do this: ask an Admin of the workspace")
}

// collect reads all rows.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := []T{} // none is [] in JSON, not null
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, rows.Err()
}
