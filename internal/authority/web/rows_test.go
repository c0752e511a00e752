package web

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
)

// rows are all rows of the database, as texts: the table, and what each column has.
func (c *copied) rows() []string {
	c.Helper()
	return dump(c, filepath.Join(c.dir, authority.DatabaseFile))
}

// dump returns all rows of an SQLite database as texts.
func dump(t testing.TB, path string) (found []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range texts(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		for _, row := range texts(t, db, "SELECT * FROM "+table) {
			found = append(found, table+" "+row)
		}
	}
	return found
}

// texts returns the rows of a query: the value of a single column, or "name=value" of each.
func texts(t testing.TB, db *sql.DB, query string) (found []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, _ := rows.Columns() // fails only for closed rows
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprint(values[0])
		if len(columns) > 1 {
			row = ""
			for i, name := range columns {
				row += fmt.Sprintf("%s=%v ", name, values[i])
			}
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// changed are the rows that only one of two dumps has.
func changed(before, after []string) (rows []string) {
	for _, row := range before {
		if !slices.Contains(after, row) {
			rows = append(rows, row)
		}
	}
	for _, row := range after {
		if !slices.Contains(before, row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// ofHome are the IDs of everything that belongs to the workspace of most visitors: of rows that name it, and of rows
// that name those.
func (w *world) ofHome() []string {
	ids := []string{w.home}
	for {
		before := len(ids)
		for _, row := range dump(w, filepath.Join(w.dir, authority.DatabaseFile)) {
			id := rowID.FindString(row)
			if id != "" && !slices.Contains(ids, id[4:]) && containsAny(row, ids) {
				ids = append(ids, id[4:])
			}
		}
		if len(ids) == before {
			return ids
		}
	}
}

var rowID = regexp.MustCompile(` id=[^ ]+`)

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
