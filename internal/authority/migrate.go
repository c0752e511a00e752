package authority

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
)

// migrate runs the SQL files of steps that the database has not seen, in the order
// of their names. SQLite's user_version counts those that it has seen. They run in
// one transaction: the database has the old schema or the new one, even after a crash.
//
// It refuses a database that has seen more steps: a newer program has made that.
func migrate(ctx context.Context, db *sql.DB, steps fs.FS) error {
	files, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return err
	}
	var done int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return err
	}
	switch {
	case done == len(files):
		return nil
	case done > len(files):
		return fmt.Errorf("schema version %d is newer than the supported version %d", done, len(files))
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, name := range files[done:] {
		script, err := fs.ReadFile(steps, name)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(script)); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	// PRAGMA takes no parameters.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(files))); err != nil {
		return err
	}
	return tx.Commit()
}
