package authority

import (
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// dumpFile is what pg_dump writes beside the key.
const dumpFile = "authority.dump"

// DumpCommand is the command line that backs up the PostgreSQL database at an URL to the directory dir, and
// RestoreCommand the one that restores it. A password is not in them: see "man pg_dump" for PGPASSFILE and PGPASSWORD.
func DumpCommand(database, dir string) string {
	schema := "" // all of the database
	if config, err := pgx.ParseConfig(database); err == nil && config.RuntimeParams["search_path"] != "" {
		schema = "--schema=" + quoted(config.RuntimeParams["search_path"]) + " "
	}
	return "pg_dump --format=custom --file=" + quoted(filepath.Join(dir, dumpFile)) + " " + schema +
		quoted(withoutPassword(database))
}

// RestoreCommand is described at [DumpCommand].
func RestoreCommand(database, dir string) string {
	return "pg_restore --clean --if-exists --single-transaction --no-owner --dbname=" + quoted(withoutPassword(database)) +
		" " + quoted(filepath.Join(dir, dumpFile))
}

// withoutPassword is the URL of a database with what another program needs to reach it, but the password.
func withoutPassword(database string) string {
	config, err := pgx.ParseConfig(database)
	if err != nil {
		return "postgres://USER@HOST:PORT/DATABASE"
	}
	plain := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database,
		Host: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))}
	query := url.Values{}
	if strings.HasPrefix(config.Host, "/") { // the directory of a socket
		plain.Host = ""
		query.Set("host", config.Host)
		query.Set("port", strconv.Itoa(int(config.Port)))
	}
	if given, err := url.Parse(database); err == nil {
		for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey"} {
			if value := given.Query().Get(name); value != "" {
				query.Set(name, value)
			}
		}
	}
	plain.RawQuery = query.Encode()
	return plain.String()
}

// quoted is a word for a shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
