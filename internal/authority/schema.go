package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

// part is a column or an index of a table, such as "column email". A table that is missing has an empty name.
type part struct{ table, name string }

func (p part) isIndex() bool { return strings.HasPrefix(p.name, "index ") }

func (p part) String() string {
	if p.name == "" {
		return "table " + p.table
	}
	return p.name + " of the table " + p.table
}

// checkTables returns an error if the database lacks a table or a column of its version of the schema. Without an
// index, all can be read and changed as before.
func (d *database) checkTables(ctx context.Context) error {
	missing, err := d.missingParts(ctx)
	if err != nil {
		return err
	}
	return d.errMissing(slices.DeleteFunc(missing, part.isIndex))
}

func (d *database) errMissing(parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	var names []string
	for _, one := range parts {
		names = append(names, one.String())
	}
	return flaw{What: fmt.Sprintf("%s has no %s", d.name, strings.Join(names, ", no ")), Do: restoreBoth}
}

// missingParts returns what the database lacks of its version of the schema.
func (d *database) missingParts(ctx context.Context) (missing []part, err error) {
	if former, err := d.isFormer(ctx); former || err != nil {
		return nil, err
	}
	version, err := d.schemaVersion(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := schemaOf(ctx, version)
	if err != nil {
		return nil, err
	}
	present, err := d.parts(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range wanted {
		if slices.Contains(present, one) {
			continue
		}
		if !slices.ContainsFunc(present, func(p part) bool { return p.table == one.table }) {
			one.name = ""
		}
		if !slices.Contains(missing, one) {
			missing = append(missing, one)
		}
	}
	return missing, nil
}

// parts are the columns and indexes of the tables in the database.
func (d *database) parts(ctx context.Context) ([]part, error) {
	// Where a query that names no schema finds them.
	query := `SELECT c.relname, 'column ' || a.attname FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
		WHERE pg_catalog.pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND a.attnum > 0 AND NOT a.attisdropped
			AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
		UNION ALL SELECT c.relname, 'index ' || i.relname FROM pg_catalog.pg_index x
		JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
		WHERE pg_catalog.pg_table_is_visible(c.oid)`
	if d.isSQLite() {
		query = `SELECT t.name, 'column ' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
			WHERE t.type IN ('table', 'view')
			UNION ALL SELECT tbl_name, 'index ' || name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`
	}
	rows, err := d.reads.QueryContext(ctx, query)
	return collect(rows, err, func(rows *sql.Rows) (one part, err error) {
		err = rows.Scan(&one.table, &one.name)
		return one, err
	})
}

// schemas are the parts of those versions of the schema that were asked for.
var schemas sync.Map

// schemaOf returns the parts that a version of the schema has: those of a new database in memory.
func schemaOf(ctx context.Context, version int64) (parts []part, err error) {
	if known, ok := schemas.Load(version); ok {
		return known.([]part), nil
	}
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	pool = bounded(pool, 1) // each connection would have a database of its own
	fresh := &database{name: "memory", dialect: goose.DialectSQLite3, writes: pool, reads: pool, background: pool}
	defer func() { err = errors.Join(err, pool.Close()) }()
	steps, err := fresh.steps()
	if err != nil {
		return nil, err
	}
	if _, err := steps.UpTo(ctx, version); err != nil {
		return nil, err
	}
	if parts, err = fresh.parts(ctx); err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(p part) bool { // those of the tools are not ours
		return p.table == goose.DefaultTablename || strings.HasPrefix(p.table, "sqlite_")
	})
	schemas.Store(version, parts)
	return parts, nil
}
