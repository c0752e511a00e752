package authority

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"

	"github.com/pressly/goose/v3"
)

// mostFlaws is how many flaws of a database are listed.
const mostFlaws = 10

// inspectSQLite opens the database at path to be read, in whatever state it is. Without a write-ahead log no process
// uses it, and SQLite makes no files beside it; the caller holds the lock of the directory for as long.
func inspectSQLite(path string) *database {
	settings := url.Values{"_busy_timeout": {strconv.FormatInt(writeWait.Milliseconds(), 10)}}
	if hasSideFiles(path) {
		settings.Set("mode", "ro")
	} else {
		settings.Set("immutable", "1")
	}
	pool := openPool(path, 1, settings)
	return &database{name: path, dialect: goose.DialectSQLite3, path: path, writes: pool, reads: pool, background: pool}
}

// hasSideFiles reports whether SQLite keeps changes of a database in files beside it.
func hasSideFiles(path string) bool {
	for _, suffix := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(path + suffix); err == nil {
			return true
		}
	}
	return false
}

// integrity returns what SQLite finds wrong with the pages and indexes of the database.
func (d *database) integrity(ctx context.Context) ([]string, error) {
	flaws, err := texts(ctx, d.reads, fmt.Sprintf("PRAGMA integrity_check(%d)", mostFlaws))
	if len(flaws) == 1 && flaws[0] == "ok" {
		flaws = nil
	}
	return flaws, err
}

// orphans says for each table how many of its rows refer to missing rows of another.
func (d *database) orphans(ctx context.Context) ([]string, error) {
	return texts(ctx, d.reads, `SELECT CASE count(*) WHEN 1 THEN '1 row of ' || "table" || ' refers'
		ELSE count(*) || ' rows of ' || "table" || ' refer' END || ' to rows of ' || parent || ' that are missing'
		FROM pragma_foreign_key_check GROUP BY "table", parent ORDER BY "table", parent`)
}

// fitsKey returns an error unless the database was made with a key.
func (d *database) fitsKey(ctx context.Context, key []byte) error {
	if former, err := d.isFormer(ctx); former || err != nil {
		return err // it has no record of its key
	}
	recorded, err := keyCheck(ctx, d.reads)
	switch {
	case err != nil:
		return err
	case recorded == "":
		return flaw{d.name + " is empty", restoreBoth}
	case recorded != keyedHash(key, keyCheckText):
		return errOtherKey(d.name)
	}
	return nil
}

// checkSchema returns an error if the database is not one of an authority, or one of a later program.
func (d *database) checkSchema(ctx context.Context) error {
	if former, err := d.isFormer(ctx); former || err != nil {
		return err
	}
	has, err := d.hasTable(ctx, goose.DefaultTablename)
	if err != nil {
		return err
	}
	if !has {
		return flaw{d.name + " is not a database of a license authority",
			"use the program that the database was made with, or restore a backup"}
	}
	version, err := d.schemaVersion(ctx)
	if known := knownVersion(); err == nil && version > known {
		err = errNewer(version, known)
	}
	return err
}

func (d *database) schemaVersion(ctx context.Context) (version int64, err error) {
	query := "SELECT max(version_id) FROM " + goose.DefaultTablename
	err = d.reads.QueryRowContext(ctx, query).Scan(&version)
	return version, err
}

// isFormer reports whether the database is from the time before workspaces.
func (d *database) isFormer(ctx context.Context) (bool, error) {
	if !d.isSQLite() {
		return false, nil
	}
	var version int
	err := d.reads.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version == formerVersion, err
}

// knownVersion is the latest version of the schema that this program knows.
func knownVersion() int64 {
	names, _ := fs.Glob(migrations, "migrations/*.sql") // the pattern is valid
	return int64(len(names))
}

// texts returns the texts that a query selects.
func texts(ctx context.Context, from querier, query string, args ...any) ([]string, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	return collect(rows, err, func(rows *sql.Rows) (text string, err error) {
		err = rows.Scan(&text)
		return text, err
	})
}
