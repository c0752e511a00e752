package authority

import (
	"database/sql"
	"errors"
)

const (
	workspacePrefix    = "workspace_"
	subscriptionPrefix = "subscription_"

	firstWorkspaceName = "default"
)

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
