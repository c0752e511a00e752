package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // registers the database driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DatabaseFile is the name of the SQLite database below a data directory.
const DatabaseFile = "authority.db"

// database is SQLite in a file, or PostgreSQL. Its pools are bounded, so that a database that does not answer does not
// collect connections.
type database struct {
	// name is what errors call it.
	name    string
	dialect goose.Dialect
	// writes syncs each change to the disk: a rotated token must not be valid again after a power failure.
	writes *sql.DB
	// reads looks things up.
	reads *sql.DB
	// background does not sync each change to the disk: a note may be lost.
	background *sql.DB

	// path and file are an SQLite database when it was opened: SQLite goes on with a file that was deleted or replaced.
	path string
	file fs.FileInfo
	// log is its write-ahead log, which SQLite keeps while it has a connection.
	log fs.FileInfo
}

const (
	// A writer holds the lock of SQLite, or of a row, for a few milliseconds.
	writeWait = 5 * time.Second
	// noteWait is how long a note waits for another writer, before it is dropped.
	noteWait = time.Second
	// connectWait is how long a connection to PostgreSQL may take.
	connectWait = 5 * time.Second
	// maxReads is more connections than reads that processors carry out at once.
	maxReads, maxWrites = 16, 4
	// maxFinds is how many tokens are looked up at once. On two processors, more made some answers slower and none faster.
	maxFinds = 4
	// maxPages is how many reads for pages are carried out at once: some take long.
	maxPages = 4
)

// openSQLite opens the database in the data directory, and creates it if asked to. A key shows that there was one.
func openSQLite(source Source, hasKey bool) (*database, error) {
	path, err := filepath.Abs(filepath.Join(source.Dir, DatabaseFile))
	if err != nil {
		return nil, err
	}
	d := &database{name: path, dialect: goose.DialectSQLite3, path: path}
	flags := os.O_RDWR
	switch {
	case isMissing(path) && hasKey:
		return nil, d.errLost("is missing or empty")
	case isMissing(path) && !source.Create:
		return nil, fmt.Errorf("%w: %s is missing or empty", ErrNone, path)
	case source.Create:
		flags |= os.O_CREATE
	}
	if hasLostLog(path) {
		return nil, fmt.Errorf("%s: %s", lostLog(path), withoutLog(path))
	}
	if has, err := hasOtherLog(path); err != nil {
		return nil, err
	} else if has {
		return nil, errOtherLog(path)
	}
	// SQLite gives its -wal and -shm files the mode of the database.
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	d.file, err = file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	d.writes = connectSQLite(path, "FULL", writeWait, maxWrites)
	d.reads = connectSQLite(path, "NORMAL", maxWait, maxReads)
	d.background = connectSQLite(path, "NORMAL", noteWait, 1)
	return d, nil
}

// connectSQLite returns a pool of connections to the existing database at path, which wait up to patience for other
// writers.
func connectSQLite(path, synchronous string, patience time.Duration, most int) *sql.DB {
	return openPool(path, most, url.Values{
		"mode":          {"rw"}, // a database that is gone is not created again
		"_busy_timeout": {strconv.FormatInt(patience.Milliseconds(), 10)},
		"_journal_mode": {"WAL"}, // readers do not wait for the writer
		"_foreign_keys": {"on"},
		"_synchronous":  {synchronous},
		// A transaction that reads and then writes must not fail at its first write
		// because another process has written meanwhile.
		"_txlock": {"immediate"},
	})
}

// openPool returns a pool of connections to an SQLite database.
func openPool(path string, most int, settings url.Values) *sql.DB {
	if absolute, err := filepath.Abs(path); err == nil { // the URI of a relative path would name a host
		path = absolute
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}
	pool, _ := sql.Open("sqlite", dsn.String()) // fails only for a driver that is not linked
	return bounded(pool, most)
}

// openPostgres prepares connections to the PostgreSQL database at an URL.
func openPostgres(text string) (*database, error) {
	config, err := pgx.ParseConfig(text)
	if err != nil {
		// The error of pgx repeats the URL, though without its password.
		return nil, errors.New("cannot read the URL of the database: " +
			"use postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWait
	}
	config.RuntimeParams["application_name"] = "licenseserver"
	config.RuntimeParams["jit"] = "off" // to compile a query takes longer than any of ours
	reads, background := config.Copy(), config.Copy()
	// A lock that is held for long ends the statement, not the connection.
	config.RuntimeParams["lock_timeout"] = milliseconds(writeWait)
	reads.RuntimeParams["lock_timeout"] = milliseconds(maxWait * 3 / 4)
	background.RuntimeParams["synchronous_commit"] = "off"
	// Less than deadlock_timeout: a note gives way, and is never the reason why a change fails.
	background.RuntimeParams["lock_timeout"] = "500ms"
	return &database{
		name:       fmt.Sprintf("the database %s on %s", config.Database, config.Host),
		dialect:    goose.DialectPostgres,
		writes:     bounded(stdlib.OpenDB(*config), maxWrites),
		reads:      bounded(stdlib.OpenDB(*reads), maxReads),
		background: bounded(stdlib.OpenDB(*background), 1),
	}, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func bounded(pool *sql.DB, most int) *sql.DB {
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	return pool
}

// withRemedy adds to an error of SQLite what to do about it.
func withRemedy(err error) error {
	if isDamage(err) {
		return fmt.Errorf("%s is damaged: %w: %s", DatabaseFile, err, restoreBoth)
	}
	if failed, ok := errors.AsType[*sqlite.Error](err); ok && failed.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
		return fmt.Errorf("%w: the disk is full: SQLite needs space for %s-shm", err, DatabaseFile)
	}
	return err
}

// Pools are the numbers of the pools of connections, by name.
func (d *database) Pools() map[string]sql.DBStats {
	return map[string]sql.DBStats{
		"writes": d.writes.Stats(), "reads": d.reads.Stats(), "background": d.background.Stats(),
	}
}

func (d *database) isSQLite() bool { return d.dialect == goose.DialectSQLite3 }

func (d *database) close() error {
	return errors.Join(d.writes.Close(), d.reads.Close(), d.background.Close())
}

// checkFile returns an error if an SQLite database is not the file that was opened.
func (d *database) checkFile() error {
	if !d.isSQLite() {
		return nil
	}
	switch now, err := os.Stat(d.path); {
	case err != nil:
		return err
	case !os.SameFile(now, d.file):
		return fmt.Errorf("%s is not the file that was opened at the start: restart the server", d.path)
	case now.Size() == 0: // while SQLite still knows what was in it
		return fmt.Errorf("%s is empty", d.path)
	}
	return d.checkLog()
}

// checkLog returns an error if the write-ahead log is not the file that was opened: other processes write their changes
// to the new one, and this one reads the old one.
func (d *database) checkLog() error {
	if d.log == nil {
		return nil
	}
	if now, err := os.Stat(d.path + "-wal"); err != nil || !os.SameFile(now, d.log) {
		return errOtherLog(d.path)
	}
	return nil
}

func errOtherLog(path string) error {
	return fmt.Errorf("%s-wal was removed or replaced while a process has %[1]s open: stop the server, which then writes "+
		"what it knows to %[1]s, and run licenseserver check", path)
}

// querier is a database or a transaction in it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// exists reports whether a query selects any row.
func exists(ctx context.Context, from querier, query string, args ...any) (found bool, err error) {
	err = from.QueryRowContext(ctx, "SELECT EXISTS ("+query+")", args...).Scan(&found)
	return found, err
}

// IsBusy reports whether an error says that another process has kept the database locked for too long.
func IsBusy(err error) bool {
	locked, ok := errors.AsType[*sqlite.Error](err)
	const primary = 0xFF // the rest says more
	return ok && locked.Code()&primary == sqlite3.SQLITE_BUSY
}

// isMissing reports whether there is no content at path.
func isMissing(path string) bool {
	info, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// errLost says that the database is not the one of the key. An empty one in its place
// would refuse all tokens, and clients would delete the documents they have.
func (d *database) errLost(how string) error {
	const anew = "or begin anew by removing " + keyFile
	if !d.isSQLite() {
		return fmt.Errorf("%s %s, but %s is here: restore a backup of it, see that its user may read the schema, %s",
			d.name, how, keyFile, anew)
	}
	return fmt.Errorf("%s %s, but %s is here: restore a backup (licenseserver restore DIR), %s",
		DatabaseFile, how, keyFile, anew)
}
