package authority

import (
	"context"
	"database/sql"
	"errors"
)

// formerVersion is SQLite's user_version of a database from the time before workspaces; newerVersion makes the programs
// of that time refuse it.
const (
	formerVersion = 1
	newerVersion  = 2
)

// setAsideFormer renames the tables of a database from the time before workspaces, and reports whether there are such
// tables. takeOverFormer copies and removes them; a crash in between leaves them for the next start.
func (s *Store) setAsideFormer(ctx context.Context) (bool, error) {
	if !s.isSQLite() {
		return false, nil
	}
	var version int
	if err := s.writes.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	if version != formerVersion {
		return s.hasTable(ctx, "former_tokens")
	}
	return true, inTx(ctx, s.writes, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `ALTER TABLE tokens RENAME TO former_tokens;
			ALTER TABLE licenses RENAME TO former_licenses;
			PRAGMA user_version = 2`)
		return err
	})
}

// takeOverFormer copies what setAsideFormer has set aside into the first workspace. Each license gets a subscription of
// its own with one seat, and all IDs but this one stay as they are.
func (s *Store) takeOverFormer(ctx context.Context, key []byte) error {
	return s.changeWith(ctx, key, func(t *tx) error {
		hasTokens, err := exists(t.ctx, t, "SELECT 1 FROM former_tokens")
		switch {
		case err != nil:
			return err
		case hasTokens && key == nil:
			return errNoKey(s.name)
		case hasTokens:
			if err := t.copyFormer(key); err != nil {
				return err
			}
		}
		_, err = t.ExecContext(t.ctx, "DROP TABLE former_licenses; DROP TABLE former_tokens")
		return err
	})
}

func (t *tx) copyFormer(key []byte) error {
	workspace, err := t.firstWorkspace()
	if err != nil {
		return err
	}
	now := t.now.Unix()
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO authority (only_one, key_check, created_at) VALUES (1, $1, $2)`,
			[]any{keyedHash(key, keyCheckText), now}},
		{`INSERT INTO tokens (id, workspace_id, kind, name, email, hash, hint, simulate, created_at, rotated_at, revoked_at)
			SELECT id, $1, kind, '', email, lower(hex(hash)), hint, '', created_at, rotated_at, revoked_at
			FROM former_tokens ORDER BY rowid`, []any{workspace}},
		{`INSERT INTO subscriptions (id, workspace_id, plan, status, products, seats, token_id, expires_at, created_at)
			SELECT 'subscription_' || substr(l.id, 9), $1, l.plan, l.status, l.products, 1, t.id, l.expires_at, t.created_at
			FROM former_licenses l JOIN former_tokens t ON t.id = l.token_id`, []any{workspace}},
		{`INSERT INTO licenses (id, subscription_id, token_id, assigned_at, last_activated_at)
			SELECT l.id, 'subscription_' || substr(l.id, 9), l.token_id,
				CASE WHEN l.assigned = 1 THEN t.created_at END, l.last_activated
			FROM former_licenses l JOIN former_tokens t ON t.id = l.token_id`, nil},
	} {
		if _, err := t.exec(step.query, step.args...); err != nil {
			return err
		}
	}
	return t.audit(Event{
		Workspace: workspace, Action: "workspace.migrate", Subject: workspace, Detail: "from the former data directory",
	})
}

func errNoKey(database string) error {
	return errors.New(keyFile + " is missing, and " + database +
		" is useless without it: restore a backup (licenseserver restore DIR), " +
		"or copy the key from another server of the same database")
}
