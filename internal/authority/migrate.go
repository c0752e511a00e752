package authority

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to this program's schema, also from the time before workspaces. key is nil where there is
// none yet.
func (s *Store) migrate(ctx context.Context, source Source, key []byte) error {
	former, err := s.setAsideFormer(ctx)
	if err != nil {
		return err
	}
	steps, err := s.steps()
	if err != nil {
		return err
	}
	done, has, err := s.version(ctx, steps)
	switch {
	case err != nil:
		return err
	case !has && !former && key != nil:
		return s.errLost("has no tables")
	case !has && !former && !source.Create:
		return fmt.Errorf("%w: %s has no tables", ErrNone, s.name)
	case done > latest(steps):
		return errNewer(done, latest(steps))
	}
	if done < latest(steps) { // otherwise a start needs no lock, and no connection for it
		if _, err := steps.Up(ctx); err != nil {
			return err
		}
	}
	if former {
		return s.takeOverFormer(ctx, key)
	}
	return nil
}

// steps are the migrations for the database. On PostgreSQL, an advisory lock lets one process at a time carry them out.
func (d *database) steps() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if !d.isSQLite() {
		options = append(options, goose.WithSessionLocker(migrationLock{}))
	}
	return goose.NewProvider(d.dialect, d.writes, files, options...)
}

// migrationLock is a lock of a PostgreSQL database. The one of goose is asked for again every 5 s only.
type migrationLock struct{}

// migrationPatience is how long the migration of another process may take.
const migrationPatience = time.Minute

func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, migrationPatience)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = 0"); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lock.DefaultLockID)
	return err
}

func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lock.DefaultLockID)
	if err == nil {
		_, err = conn.ExecContext(ctx, "RESET lock_timeout") // to what the connection was opened with
	}
	return err
}

// version is the version of the schema, and whether the database has one.
func (s *Store) version(ctx context.Context, steps *goose.Provider) (done int64, has bool, err error) {
	has, err = s.hasTable(ctx, goose.DefaultTablename)
	if err != nil || !has {
		return 0, false, err
	}
	done, err = steps.GetDBVersion(ctx)
	return done, true, err
}

func latest(steps *goose.Provider) int64 {
	sources := steps.ListSources()
	return sources[len(sources)-1].Version
}

func errNewer(version, known int64) error {
	return flaw{fmt.Sprintf("schema version %d is newer than the supported version %d", version, known),
		"use the newer program"}
}

// hasTable reports whether the database has a table.
func (d *database) hasTable(ctx context.Context, name string) (bool, error) {
	query := "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = $1"
	if d.isSQLite() {
		query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1"
	}
	return exists(ctx, d.writes, query, name)
}
