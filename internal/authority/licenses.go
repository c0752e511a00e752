package authority

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"

	"localstack-entrypoint/internal/license"
)

// Terms are the terms of a license. An empty field means the default for a new
// license, and no change for an existing one.
type Terms struct {
	// Plan becomes the document's license_type; "pro" by default.
	Plan string
	// Product is a name or shell-style pattern, Version MAJOR.MINOR or "*". Each
	// replaces all products; the defaults are localstack-pro and "*".
	Product, Version string
	// Expires is the end of the license; in a year by default.
	Expires time.Time
}

const (
	defaultPlan = "pro"
	anyVersion  = "*"
	maxPlan     = 32 // characters; those that exist have up to ten
)

// Assign gives a token its license, or a new one if it has none. The license
// becomes ACTIVE, and is extended by a year if it has expired. Errors concern the
// terms, id, which is the token's or the license's, a revoked token, or the disk.
func (s *Store) Assign(ctx context.Context, id string, terms Terms) (License, error) {
	var assigned License
	err := s.change(ctx, "assign a license to", id, func(tx *sql.Tx, token Token) error {
		if err := terms.check(); err != nil {
			return err
		}
		if token.Revoked {
			return errRevoked()
		}
		save := s.renewLicense
		if token.License == nil {
			save = s.insertLicense
		}
		if err := save(ctx, tx, token.ID, terms); err != nil {
			return err
		}
		token, err := s.byID(ctx, tx, token.ID)
		if err == nil {
			assigned = *token.License
		}
		return err
	})
	return assigned, err
}

// Unassign takes the license from its token, until Assign. Errors concern id, which
// is the token's or the license's, or the disk.
func (s *Store) Unassign(ctx context.Context, id string) error {
	return s.changeLicense(ctx, "unassign the license of", id, "assigned = ?", false)
}

// Expire sets the time from which the license is expired. Errors concern id, which
// is the token's or the license's, or the disk.
func (s *Store) Expire(ctx context.Context, id string, at time.Time) error {
	return s.changeLicense(ctx, "expire the license of", id, "expires_at = ?", at.Unix())
}

// SetStatus sets a status of package license, except EXPIRED, which follows from
// the date; see [Store.Expire]. Errors concern the status, id, which is the token's
// or the license's, or the disk.
func (s *Store) SetStatus(ctx context.Context, id, status string) error {
	switch status {
	case license.StatusActive, license.StatusInactive, license.StatusSuspended, license.StatusUnknown:
	default:
		return fmt.Errorf("cannot set the status %.20q: use ACTIVE, INACTIVE, SUSPENDED or UNKNOWN", status)
	}
	return s.changeLicense(ctx, "set the status "+status+" for the license of", id, "status = ?", status)
}

// changeLicense sets one column of an existing license.
func (s *Store) changeLicense(ctx context.Context, verb, id, assignment string, value any) error {
	return s.change(ctx, verb, id, func(tx *sql.Tx, token Token) error {
		if token.License == nil {
			return errors.New("the token has no license")
		}
		_, err := tx.ExecContext(ctx, "UPDATE licenses SET "+assignment+" WHERE id = ?", value, token.License.ID)
		return err
	})
}

// insertLicense creates a license for a token without one.
func (s *Store) insertLicense(ctx context.Context, tx *sql.Tx, tokenID string, terms Terms) error {
	products, err := terms.products()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO licenses (id, token_id, plan, status, products, expires_at, assigned)
		VALUES (?, ?, ?, ?, ?, ?, 1)`, licensePrefix+uuid.NewString(), tokenID,
		cmp.Or(terms.Plan, defaultPlan), license.StatusActive, products, cmp.Or(terms.Expires, s.nextYear()).Unix())
	return err
}

// renewLicense makes the license of a token usable again. It changes an expiry date
// in the future only if the terms have another.
func (s *Store) renewLicense(ctx context.Context, tx *sql.Tx, tokenID string, terms Terms) error {
	var expires, products any // NULL changes nothing
	if !terms.Expires.IsZero() {
		expires = terms.Expires.Unix()
	}
	if terms.Product != "" || terms.Version != "" {
		text, err := terms.products()
		if err != nil {
			return err
		}
		products = text
	}
	_, err := tx.ExecContext(ctx, `UPDATE licenses SET assigned = 1, status = ?1,
		plan = coalesce(nullif(?2, ''), plan), products = coalesce(?3, products),
		expires_at = coalesce(?4, iif(expires_at > ?5, expires_at, ?6)) WHERE token_id = ?7`,
		license.StatusActive, terms.Plan, products, expires, s.now().Unix(), s.nextYear().Unix(), tokenID)
	return err
}

func (s *Store) nextYear() time.Time { return s.now().AddDate(1, 0, 0) }

// products is the column products: a JSON list as in the document.
func (t Terms) products() (string, error) {
	// LocalStack's own client compares the version's parts as texts: v4.014 would not be 4.14.
	name, version := cmp.Or(t.Product, license.ProductName), license.NormalVersion(cmp.Or(t.Version, anyVersion))
	text, err := json.Marshal([]license.Product{{Name: name, Version: version}})
	return string(text), err
}

// check returns an error that says which of the terms is invalid.
func (t Terms) check() error {
	if len(t.Plan) > maxPlan || strings.ContainsFunc(t.Plan, notPlain) {
		return fmt.Errorf("the plan must consist of up to %d letters, digits, dots, dashes and underscores", maxPlan)
	}
	if _, err := path.Match(t.Product, ""); err != nil || strings.ContainsFunc(t.Product, notPrintable) {
		return errors.New("the product must be a name or a shell-style pattern")
	}
	if t.Version != "" && t.Version != anyVersion && (!isVersion(t.Version) || strings.ContainsFunc(t.Version, notPlain)) {
		return errors.New(`the version must be MAJOR.MINOR or "*"`)
	}
	if year := t.Expires.UTC().Year(); year < 1 || year > 9999 {
		return errors.New("the license must expire between the years 1 and 9999")
	}
	return nil
}

// isVersion reports whether a version has a major and a minor number. "latest" has
// neither.
func isVersion(version string) bool {
	major, minor, both := strings.Cut(license.MajorMinor(version), ".")
	return both && isNumber(major) && isNumber(minor)
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func notPlain(r rune) bool { return !strings.ContainsRune(alphanumerics+"._-", r) }

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }
