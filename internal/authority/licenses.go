package authority

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

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
	switch seat, err := s.memberSeat(ctx, id); {
	case err != nil:
		return License{}, fmt.Errorf("cannot assign a license to %s: %w", id, err)
	case seat != nil && terms != Terms{}:
		return License{}, fmt.Errorf("cannot assign a license to %s: %w", id, errShared(seat.subscription))
	case seat != nil:
		return s.In(seat.workspace).AssignLicense(ctx, id, "")
	}
	var assigned License
	err := s.changeToken(ctx, "assign a license to", id, func(w *work, token Token) error {
		if err := terms.check(); err != nil {
			return err
		}
		if token.Revoked {
			return errRevoked()
		}
		if token.Simulate != "" {
			return errTestToken()
		}
		if err := w.assign(token, terms); err != nil {
			return err
		}
		token, err := s.byID(ctx, w, token.ID)
		if err == nil {
			assigned = *token.License
		}
		return err
	})
	return assigned, err
}

// assign gives a token a license: of a subscription of its own, or the seat that it had.
func (w *work) assign(token Token, terms Terms) error {
	switch {
	case token.License == nil && token.MemberID != "":
		return refuse(Conflict, "the token is that of a member, and %s has no license: assign one to the member", token.Email)
	case token.License == nil:
		if err := w.insertLicense(token, terms); err != nil {
			return err
		}
		return w.note("license.assign", token.ID, token.label())
	case !token.License.shared:
		if err := w.renewLicense(token, terms); err != nil {
			return err
		}
		return w.note("license.assign", token.ID, token.label())
	case terms != Terms{}:
		return errShared(token.License.SubscriptionID)
	}
	to, err := w.owner(token.License.ID)
	if err != nil {
		return err
	}
	return w.assignSeat(to, "")
}

func errTestToken() error {
	return refuse(Conflict, "it is a test token, which has no license: create another token")
}

// Unassign takes the license from its token, until Assign. Errors concern id, which
// is the token's or the license's, or the disk.
func (s *Store) Unassign(ctx context.Context, id string) error {
	switch seat, err := s.memberSeat(ctx, id); {
	case err != nil:
		return fmt.Errorf("cannot unassign %s: %w", id, err)
	case seat != nil:
		err := s.In(seat.workspace).change(ctx, anyOf{operatorOnly}, func(w *work) error {
			return w.unassign(License{ID: id}, seat.email)
		})
		if err != nil {
			return fmt.Errorf("cannot unassign %s: %w", id, err)
		}
		return nil
	}
	return s.changeLicense(ctx, "unassign the license of", id, func(w *work, token Token) error {
		return w.unassign(*token.License, token.label())
	})
}

// Expire sets the time from which the license is expired. Errors concern id, which
// is the token's or the license's, or the disk.
func (s *Store) Expire(ctx context.Context, id string, at time.Time) error {
	return s.changeOwn(ctx, "expire the license of", id, func(w *work, granted License) error {
		_, err := w.exec("UPDATE subscriptions SET expires_at = $1 WHERE id = $2", at.Unix(), granted.SubscriptionID)
		if err != nil {
			return err
		}
		return w.note("license.expire", granted.ID, "at "+at.UTC().Format(time.RFC3339))
	})
}

// SetStatus sets a status of package license, except EXPIRED, which follows from
// the date; see [Store.Expire]. Errors concern the status, id, which is the token's
// or the license's, or the disk.
func (s *Store) SetStatus(ctx context.Context, id, status string) error {
	if err := checkStatus(status); err != nil {
		return err
	}
	verb := "set the status " + status + " for the license of"
	return s.changeOwn(ctx, verb, id, func(w *work, granted License) error {
		_, err := w.exec("UPDATE subscriptions SET status = $1 WHERE id = $2", status, granted.SubscriptionID)
		if err != nil {
			return err
		}
		return w.note("license.status", granted.ID, status)
	})
}

func checkStatus(status string) error {
	switch status {
	case license.StatusActive, license.StatusInactive, license.StatusSuspended, license.StatusUnknown:
		return nil
	}
	return invalid("status", "cannot set the status %.20q: use ACTIVE, INACTIVE, SUSPENDED or UNKNOWN", status)
}

// changeOwn changes the subscription that a token has for itself. Others have seats of any other.
func (s *Store) changeOwn(ctx context.Context, verb, id string, do func(*work, License) error) error {
	seat, err := s.memberSeat(ctx, id)
	if err == nil && seat != nil {
		err = errShared(seat.subscription)
	}
	if err != nil {
		return fmt.Errorf("cannot %s %s: %w", verb, id, err)
	}
	return s.changeLicense(ctx, verb, id, func(w *work, token Token) error {
		if token.License.shared {
			return errShared(token.License.SubscriptionID)
		}
		return do(w, *token.License)
	})
}

// changeLicense changes the license of a token that has one.
func (s *Store) changeLicense(ctx context.Context, verb, id string, do func(*work, Token) error) error {
	return s.changeToken(ctx, verb, id, func(w *work, token Token) error {
		if token.License == nil {
			return errors.New("the token has no license")
		}
		return do(w, token)
	})
}

// insertLicense makes a subscription of one seat, and its license for a token without one.
func (t *tx) insertLicense(token Token, terms Terms) error {
	subscription, err := t.insertSubscription(token.WorkspaceID, token.ID, terms, 1)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO licenses (id, subscription_id, token_id, assigned_at) VALUES ($1, $2, $3, $4)",
		newID(licensePrefix), subscription, token.ID, t.now.Unix())
	return err
}

// renewLicense makes the license of a token usable again. It changes an expiry date
// in the future only if the terms have another.
func (t *tx) renewLicense(token Token, terms Terms) error {
	products, expires, err := terms.changes()
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE licenses SET assigned_at = coalesce(assigned_at, $1) WHERE id = $2",
		t.now.Unix(), token.License.ID)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE subscriptions SET status = $1, plan = coalesce(nullif($2, ''), plan),
		products = coalesce(CAST($3 AS TEXT), products),
		expires_at = coalesce(CAST($4 AS BIGINT), CASE WHEN expires_at > $5 THEN expires_at ELSE $6 END) WHERE id = $7`,
		license.StatusActive, terms.Plan, products, expires, t.now.Unix(), nextYear(t.now).Unix(),
		token.License.SubscriptionID)
	return err
}

func nextYear(now time.Time) time.Time { return now.AddDate(1, 0, 0) }

// products is the column products: a JSON list as in the document.
func (t Terms) products() (string, error) {
	// LocalStack's own client compares the version's parts as texts: v4.014 would not be 4.14.
	name, version := cmp.Or(t.Product, license.ProductName), license.NormalVersion(cmp.Or(t.Version, anyVersion))
	text, err := json.Marshal([]license.Product{{Name: name, Version: version}})
	return string(text), err
}

// changes are the columns products and expires_at that the terms change; NULL changes nothing.
func (t Terms) changes() (products, expires any, err error) {
	if !t.Expires.IsZero() {
		expires = t.Expires.Unix()
	}
	if t.Product != "" || t.Version != "" {
		products, err = t.products()
	}
	return products, expires, err
}

// check returns an error that says which of the terms is invalid.
func (t Terms) check() error {
	if len(t.Plan) > maxPlan || strings.ContainsFunc(t.Plan, notPlain) {
		return invalid("plan", "the plan must consist of up to %d letters, digits, dots, dashes and underscores", maxPlan)
	}
	if _, err := path.Match(t.Product, ""); err != nil || strings.ContainsFunc(t.Product, notPrintable) {
		return invalid("product", "the product must be a name or a shell-style pattern")
	}
	if t.Version != "" && t.Version != anyVersion && (!isVersion(t.Version) || strings.ContainsFunc(t.Version, notPlain)) {
		return invalid("version", `the version must be MAJOR.MINOR or "*"`)
	}
	if year := t.Expires.UTC().Year(); year < 1 || year > 9999 {
		return invalid("expires", "the license must expire between the years 1 and 9999")
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
