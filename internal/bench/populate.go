package main

import (
	"context"
	"database/sql"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the database driver "pgx"
	_ "modernc.org/sqlite"             // registers the database driver "sqlite"

	"localstack-entrypoint/internal/testkit/crowd"
)

// populate fills the database of an authority with members.
func (d *authorityData) populate(members int) error {
	ctx := context.Background()
	db, err := d.open()
	if err != nil {
		return err
	}
	defer db.Close()
	if err := crowd.Fill(ctx, db, members); err != nil {
		return err
	}
	if d.database != "" {
		_, err = db.ExecContext(ctx, "VACUUM ANALYZE") // as it does by itself after a while
	}
	return err
}

// open connects to the database. The server need not run.
func (d *authorityData) open() (*sql.DB, error) {
	if d.database != "" {
		return sql.Open("pgx", d.database)
	}
	return sql.Open("sqlite", filepath.Join(d.dir, "authority.db"))
}
