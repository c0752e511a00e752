package authority

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Finding is something wrong with an authority.
type Finding struct {
	// What is wrong, without a secret.
	What string
	// Do says what to do about it.
	Do string
}

// Check examines an authority in whatever state it is, and changes nothing. [ErrNone] is the error if there is none.
func Check(ctx context.Context, source Source) ([]Finding, error) {
	unlock, err := lockDirectory(ctx, source.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if source.Database != "" || hasSideFiles(filepath.Join(source.Dir, DatabaseFile)) {
		unlock() // others may open it meanwhile
	}
	entries, err := os.ReadDir(source.Dir)
	if err != nil {
		return nil, err
	}
	c := &checking{dir: source.Dir}
	if err := c.modes(entries); err != nil {
		return nil, err
	}
	key := c.key()
	if source.Database == "" {
		c.sqlite(ctx, key)
	} else {
		c.postgres(ctx, source.Database, key)
	}
	return c.findings, nil
}

// flaw is an error of an authority that says what to do about it.
type flaw Finding

func (f flaw) Error() string { return f.What + ": " + f.Do }

type checking struct {
	dir      string
	findings []Finding
}

const (
	// restoreBoth is what to do about most findings.
	restoreBoth = "stop the server, and restore a backup: licenseserver restore DIR --replace"
	// readable is what to do about a file that cannot be opened.
	readable = "see that this user may read it"
)

func (c *checking) find(do, format string, args ...any) {
	found := Finding{What: fmt.Sprintf(format, args...), Do: do}
	if !slices.Contains(c.findings, found) { // several checks may fail for one reason
		c.findings = append(c.findings, found)
	}
}

// findError adds an error of a database, with what it says to do about it.
func (c *checking) findError(d *database, err error) {
	if one, ok := errors.AsType[flaw](err); ok {
		c.find(one.Do, "%s", one.What)
	} else if err != nil {
		c.find(remedy(err), "%s cannot be read: %v", d.name, err)
	}
}

// remedy is what to do about an error of reading.
func remedy(err error) string {
	failed, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case IsBusy(err):
		return "try again when the process that keeps it locked has ended"
	case errors.Is(err, fs.ErrPermission), ok && failed.Code() == sqlite3.SQLITE_CANTOPEN:
		return readable
	}
	return restoreBoth
}

// modes checks that nobody else can read the key and the database.
func (c *checking) modes(entries []fs.DirEntry) error {
	if len(entries) == 0 {
		return fmt.Errorf("%w: %s is empty", ErrNone, c.dir)
	}
	c.mode(c.dir, 0o022, "change") // the modes of the files keep the rest from others
	for _, name := range append([]string{keyFile, newKeyFile, DatabaseFile}, sideFiles...) {
		c.mode(filepath.Join(c.dir, name), 0o077, "read or change")
	}
	return nil
}

// mode checks that others have none of the permissions in denied, which let them do what can says.
func (c *checking) mode(path string, denied fs.FileMode, can string) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist): // another check
	case err != nil:
		c.find(readable, "%v", err)
	case info.Mode().Perm()&denied != 0:
		c.find("chmod go= "+quoted(path), "other users can %s %s, which has mode %o", can, path, info.Mode().Perm())
	}
}

// key returns the key; nil if there is none that could be one.
func (c *checking) key() []byte {
	key, err := readKey(c.dir)
	switch {
	case err != nil:
		c.find(remedy(err), "%v", err)
	case key == nil && !isMissing(filepath.Join(c.dir, newKeyFile)):
		c.find("start the server again", "the first start did not end: %s is not yet %s", newKeyFile, keyFile)
	case key == nil:
		c.find("restore it from a backup, or copy it from another server of the same database",
			"%s is missing, and no token can be recognized without it", keyFile)
	}
	return key
}

func (c *checking) sqlite(ctx context.Context, key []byte) {
	path := filepath.Join(c.dir, DatabaseFile)
	if isMissing(path) {
		c.find(restoreBoth, "%s is missing or empty", path)
		return
	}
	if hasLostLog(path) {
		c.find(withoutLog(path), "%s", lostLog(path))
	}
	d := inspectSQLite(path)
	defer func() { _ = d.close() }()
	flaws, err := d.integrity(ctx)
	switch {
	case isDamage(err):
		flaws = append(flaws, err.Error())
	case err != nil:
		c.findError(d, err)
		return
	}
	for _, flaw := range flaws {
		c.find(restoreBoth, "%s is damaged: %s", path, flaw)
	}
	if len(flaws) > 0 {
		return
	}
	c.content(ctx, d, key)
}

func (c *checking) postgres(ctx context.Context, url string, key []byte) {
	d, err := openPostgres(url)
	if err != nil {
		c.find("correct the URL", "%v", err)
		return
	}
	defer func() { _ = d.close() }()
	if err := d.reads.PingContext(ctx); err != nil {
		c.find("start it, or correct the URL", "%s does not answer: %v", d.name, err)
		return
	}
	c.content(ctx, d, key)
}

// content checks what is in a database that can be read.
func (c *checking) content(ctx context.Context, d *database, key []byte) {
	if err := d.checkSchema(ctx); err != nil {
		c.findError(d, err)
		return
	}
	missing, err := d.missingParts(ctx)
	c.findError(d, cmp.Or(err, d.errMissing(missing)))
	if err != nil || slices.ContainsFunc(missing, func(p part) bool { return !p.isIndex() }) {
		return // what reads it would fail for that reason
	}
	if key != nil {
		c.findError(d, d.fitsKey(ctx, key))
	}
	if d.isSQLite() { // PostgreSQL keeps to it
		c.orphans(ctx, d)
	}
	c.rules(ctx, d)
}

func (c *checking) orphans(ctx context.Context, d *database) {
	orphans, err := d.orphans(ctx)
	c.findError(d, err)
	for _, orphan := range orphans {
		c.find(restoreBoth, "%s: %s", d.name, orphan)
	}
}

// rules are what each change keeps to. A query selects what is against one, and what to do about it.
var rules = []string{
	`SELECT 'the token ' || t.id || ' is valid, and its member ' || m.email || ' was removed',
		'licenseserver token revoke ' || t.id FROM tokens t
		JOIN members m ON m.id = t.member_id WHERE m.removed_at IS NOT NULL AND t.revoked_at IS NULL`,
	`SELECT 'the license ' || l.id || ' is assigned, and its member ' || m.email || ' was removed',
		'licenseserver license unassign ' || l.id FROM licenses l
		JOIN members m ON m.id = l.member_id WHERE m.removed_at IS NOT NULL AND l.assigned_at IS NOT NULL`,
	`SELECT s.id || ' has more licenses than seats', 'licenseserver subscription change ' || s.id || ' --seats ' ||
		count(*) || ' --workspace ' || s.workspace_id FROM subscriptions s
		JOIN licenses l ON l.subscription_id = s.id WHERE l.assigned_at IS NOT NULL
		GROUP BY s.id, s.seats, s.workspace_id HAVING count(*) > s.seats`,
}

// rules checks the rules. A database of an older schema is migrated first, by the next start.
func (c *checking) rules(ctx context.Context, d *database) {
	if version, err := d.schemaVersion(ctx); err != nil || version != knownVersion() {
		return
	}
	c.findError(d, d.checkNothingLost(ctx, d.reads))
	for _, rule := range rules {
		rows, err := d.reads.QueryContext(ctx, fmt.Sprintf("%s LIMIT %d", rule, mostFlaws))
		broken, err := collect(rows, err, func(rows *sql.Rows) (one Finding, err error) {
			err = rows.Scan(&one.What, &one.Do)
			return one, err
		})
		c.findError(d, err)
		c.findings = append(c.findings, broken...)
	}
}
