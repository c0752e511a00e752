package authority

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

type checking struct {
	dir      string
	findings []Finding
}

// restoreBoth is what to do about most findings.
const restoreBoth = "stop the server, and restore a backup: licenseserver restore DIR --replace"

func (c *checking) find(do, format string, args ...any) {
	c.findings = append(c.findings, Finding{What: fmt.Sprintf(format, args...), Do: do})
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
		c.find("see that this user may read it", "%v", err)
	case info.Mode().Perm()&denied != 0:
		c.find("chmod go= "+quoted(path), "other users can %s %s, which has mode %o", can, path, info.Mode().Perm())
	}
}

// key returns the key; nil if there is none that could be one.
func (c *checking) key() []byte {
	key, err := readKey(c.dir)
	switch {
	case err != nil:
		c.find(restoreBoth, "cannot read the key: %v", err)
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
	if err != nil {
		flaws = append(flaws, err.Error())
	}
	for _, flaw := range flaws {
		c.find(restoreBoth, "%s is damaged: %s", path, flaw)
	}
	if len(flaws) > 0 {
		return
	}
	orphans, err := d.orphans(ctx)
	if err != nil {
		orphans = append(orphans, err.Error())
	}
	for _, orphan := range orphans {
		c.find("report it, with what was done before", "%s: %s", path, orphan)
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
		c.find("use the program that the database was made with, or restore a backup", "%v", err)
		return
	}
	if key != nil {
		if err := d.fitsKey(ctx, key); err != nil {
			c.find(restoreBoth, "%v", err)
		}
	}
	c.rules(ctx, d)
}

// rules checks what each change keeps to. A database of an older schema is migrated first, by the next start.
func (c *checking) rules(ctx context.Context, d *database) {
	if version, err := d.schemaVersion(ctx); err != nil || version != knownVersion() {
		return
	}
	err := d.checkNothingLost(ctx, d.reads)
	if lost, ok := errors.AsType[lostRows](err); ok {
		c.find(restoreBoth, "%s", lost.String())
	} else if err != nil {
		c.find(restoreBoth, "%s cannot be read: %v", d.name, err)
	}
	for _, rule := range []struct{ query, do string }{
		{`SELECT 'the token ' || t.id || ' is valid, and its member ' || m.email || ' was removed' FROM tokens t
			JOIN members m ON m.id = t.member_id WHERE m.removed_at IS NOT NULL AND t.revoked_at IS NULL`,
			"licenseserver token revoke ID"},
		{`SELECT 'the license ' || l.id || ' is assigned, and its member ' || m.email || ' was removed' FROM licenses l
			JOIN members m ON m.id = l.member_id WHERE m.removed_at IS NOT NULL AND l.assigned_at IS NOT NULL`,
			"licenseserver license unassign ID"},
		{`SELECT s.id || ' has more licenses than seats' FROM subscriptions s WHERE s.seats < (
			SELECT count(*) FROM licenses l WHERE l.subscription_id = s.id AND l.assigned_at IS NOT NULL)`,
			"licenseserver license unassign, or subscription change --seats"},
	} {
		broken, err := texts(ctx, d.reads, fmt.Sprintf("%s LIMIT %d", rule.query, mostFlaws))
		if err != nil {
			broken = append(broken, err.Error())
		}
		for _, one := range broken {
			c.find(rule.do, "%s", one)
		}
	}
}
