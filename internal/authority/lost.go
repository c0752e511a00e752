package authority

import (
	"context"
	"fmt"
)

// errLostRows is the error of a database that has had rows of a kind which are never deleted, and has none now.
func errLostRows(database, kind string) error {
	return flaw{fmt.Sprintf("%s has lost its %s", database, kind), restoreBoth}
}

// checkNothingLost returns an error if the database has lost its tokens or its licenses.
func (d *database) checkNothingLost(ctx context.Context, from querier) error {
	const created = "SELECT 1 FROM audit WHERE action = 'token.create'"
	if err := d.checkLost(ctx, from, "tokens", "SELECT 1 FROM tokens", created); err != nil {
		return err
	}
	return d.checkLicenses(ctx, from)
}

// checkLicenses is checkNothingLost for licenses. A token is only used with one, and what is a token's own subscription
// is made with one.
func (d *database) checkLicenses(ctx context.Context, from querier) error {
	return d.checkLost(ctx, from, "licenses",
		"SELECT 1 FROM licenses l JOIN subscriptions s ON s.id = l.subscription_id",
		`SELECT 1 FROM tokens WHERE last_used_at IS NOT NULL UNION ALL SELECT 1 FROM subscriptions
			WHERE token_id IS NOT NULL UNION ALL SELECT 1 FROM audit WHERE action = 'license.assign'`)
}

// checkLost returns an error if has finds none of the kind, and had finds a trace of one. It is one question: between
// two, somebody may make the first of the kind.
func (d *database) checkLost(ctx context.Context, from querier, kind, has, had string) error {
	isLost, err := exists(ctx, from, "SELECT 1 WHERE NOT EXISTS ("+has+") AND EXISTS ("+had+")")
	if isLost {
		return errLostRows(d.name, kind)
	}
	return err
}
