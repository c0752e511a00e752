package authority

import (
	"context"
	"fmt"
)

// lostRows is the error of a database that has had rows of a kind which are never deleted, and has none now.
type lostRows struct{ database, kind string }

func (l lostRows) Error() string { return l.String() + ": restore a backup" }

// String is the error without what to do about it.
func (l lostRows) String() string { return fmt.Sprintf("%s has lost its %s", l.database, l.kind) }

// checkNothingLost returns an error if the database has lost its tokens or its licenses.
func (d *database) checkNothingLost(ctx context.Context, from querier) error {
	const created = "SELECT 1 FROM audit WHERE action = 'token.create'"
	if err := d.checkLost(ctx, from, "tokens", "SELECT 1 FROM tokens", created); err != nil {
		return err
	}
	return d.checkLicenses(ctx, from)
}

// checkLicenses is checkNothingLost for licenses. A token is only used with one.
func (d *database) checkLicenses(ctx context.Context, from querier) error {
	return d.checkLost(ctx, from, "licenses",
		"SELECT 1 FROM licenses l JOIN subscriptions s ON s.id = l.subscription_id",
		"SELECT 1 FROM tokens WHERE last_used_at IS NOT NULL")
}

// checkLost returns an error if has finds none of the kind, and had finds a trace of one. It is one question: between
// two, somebody may make the first of the kind.
func (d *database) checkLost(ctx context.Context, from querier, kind, has, had string) error {
	lost, err := exists(ctx, from, "SELECT 1 WHERE NOT EXISTS ("+has+") AND EXISTS ("+had+")")
	if err == nil && lost {
		err = lostRows{d.name, kind}
	}
	return err
}
