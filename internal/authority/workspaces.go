package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	workspacePrefix    = "workspace_"
	subscriptionPrefix = "subscription_"

	firstWorkspaceName = "default"
)

// Workspace is an organization or a team: members, subscriptions and tokens.
type Workspace struct {
	// ID is "workspace_" and a UUID.
	ID string `json:"id"`
	// Name is for people. Two workspaces may have the same.
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
}

// CreateWorkspace creates a workspace. A name that cannot be used is a [Refusal].
func (s *Store) CreateWorkspace(ctx context.Context, name string) (Workspace, error) {
	created := Workspace{}
	err := s.change(ctx, func(t *tx) (err error) {
		if created.Name, err = readName("workspace", name); err != nil {
			return err
		}
		created.Created = moment(t.now.Unix())
		created.ID, err = t.addWorkspace(created.Name)
		return err
	})
	if err != nil {
		return Workspace{}, fmt.Errorf("cannot create a workspace: %w", err)
	}
	return created, nil
}

// Workspaces returns all workspaces, oldest first.
func (s *Store) Workspaces(ctx context.Context) ([]Workspace, error) {
	all, err := s.workspaces(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("cannot list the workspaces: %w", err)
	}
	return all, nil
}

// Workspace returns a workspace by ID or name; the oldest one if which is empty. A name that two workspaces have is a
// [Refusal], and so is one that none has.
func (s *Store) Workspace(ctx context.Context, which string) (Workspace, error) {
	if !isText(which) {
		return Workspace{}, errNoWorkspace()
	}
	found, err := s.workspaces(ctx, "WHERE id = $1 OR name = $1 OR CAST($1 AS TEXT) = ''", which)
	switch {
	case err != nil:
		return Workspace{}, fmt.Errorf("cannot look up the workspace: %w", err)
	case len(found) == 0 && which == "":
		return Workspace{}, refuse(NotFound, "there is no workspace yet")
	case len(found) == 0:
		return Workspace{}, errNoWorkspace()
	case len(found) > 1 && which != "":
		return Workspace{}, without("workspace", Conflict, "%d workspaces have the name %s: use the ID", len(found),
			found[0].Name)
	}
	return found[0], nil
}

// FirstWorkspace returns the oldest workspace, and creates one if there is none.
func (s *Store) FirstWorkspace(ctx context.Context) (Workspace, error) {
	err := s.change(ctx, func(t *tx) error {
		_, err := t.firstWorkspace()
		return err
	})
	if err != nil {
		return Workspace{}, fmt.Errorf("cannot create a workspace: %w", err)
	}
	return s.Workspace(ctx, "")
}

func (s *Store) workspaces(ctx context.Context, rest string, args ...any) ([]Workspace, error) {
	rows, err := s.reads.QueryContext(ctx, "SELECT id, name, created_at FROM workspaces "+rest+" ORDER BY created_at, id",
		args...)
	return collect(rows, err, func(rows *sql.Rows) (one Workspace, err error) {
		var created int64
		err = rows.Scan(&one.ID, &one.Name, &created)
		one.Created = moment(created)
		return one, err
	})
}

// Workspace returns the workspace itself, to each of its members.
func (c Scope) Workspace(ctx context.Context) (Workspace, error) {
	workspace, err := readAs(ctx, c, anyOf{own}, func(ctx context.Context, _ caller) (Workspace, error) {
		found, err := c.store.workspaces(ctx, "WHERE id = $1", c.workspace)
		if err == nil && len(found) == 0 {
			err = errNoWorkspace()
		}
		if err != nil {
			return Workspace{}, err
		}
		return found[0], nil
	})
	if err != nil {
		return Workspace{}, fmt.Errorf("cannot show the workspace: %w", err)
	}
	return workspace, nil
}

// Rename gives the workspace another name. It is for Admins.
func (c Scope) Rename(ctx context.Context, name string) error {
	err := c.change(ctx, anyOf{adminsOnly}, func(w *work) error {
		name, err := readName("workspace", name)
		if err != nil {
			return err
		}
		if _, err := w.exec("UPDATE workspaces SET name = $1 WHERE id = $2", name, w.workspace); err != nil {
			return err
		}
		return w.note("workspace.rename", w.workspace, name)
	})
	if err != nil {
		return fmt.Errorf("cannot rename the workspace: %w", err)
	}
	return nil
}

func errNoWorkspace() error {
	return without("workspace", NotFound, "there is no such workspace: use a name or an ID of the list of workspaces")
}

// firstWorkspace returns the ID of the oldest workspace, and creates one if there is none: it is that of commands that
// name no other.
func (t *tx) firstWorkspace() (id string, err error) {
	if id, err := t.oldestWorkspace(); id != "" || err != nil {
		return id, err
	}
	// Two processes may find that there is none.
	if _, err := t.exec("UPDATE authority SET only_one = only_one"); err != nil {
		return "", err
	}
	if id, err := t.oldestWorkspace(); id != "" || err != nil {
		return id, err
	}
	return t.addWorkspace(firstWorkspaceName)
}

func (t *tx) oldestWorkspace() (id string, err error) {
	err = t.QueryRowContext(t.ctx, "SELECT id FROM workspaces ORDER BY created_at, id LIMIT 1").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, err
}

func (t *tx) addWorkspace(name string) (id string, err error) {
	id = newID(workspacePrefix)
	_, err = t.exec("INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)", id, name, t.now.Unix())
	if err != nil {
		return "", err
	}
	return id, t.audit(Event{Workspace: id, Action: "workspace.create", Subject: id, Detail: name})
}
