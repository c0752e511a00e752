package authority

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"localstack-entrypoint/internal/license"
)

// maxSeats is more seats than any organization has members.
const maxSeats = 10_000_000

// Subscription is what a workspace may use, until when, and with how many seats. A seat is a license that is assigned
// to a member or to a token without one.
type Subscription struct {
	// ID is "subscription_" and a UUID.
	ID          string `json:"id"`
	WorkspaceID string `json:"workspace_id"`
	// Plan is the document's license_type.
	Plan string `json:"plan"`
	// Status is the document's license_status; EXPIRED after Expires.
	Status   string            `json:"status"`
	Products []license.Product `json:"products"`
	Seats    int               `json:"seats"`
	// Used is how many seats are assigned.
	Used    int       `json:"used"`
	Expires time.Time `json:"expires"`
	Created time.Time `json:"created"`
	// TokenID is the token of a subscription that was made together with it, and that is for it alone; empty for a
	// subscription whose seats are assigned.
	TokenID string `json:"token_id,omitempty"`
}

// seesSeats are the permissions of which one is needed to see subscriptions.
var seesSeats = anyOf{AssignLicenses, IssueOwnLicense, ManageCIKeys}

const selectSubscriptions = `SELECT s.id, s.workspace_id, s.plan, s.status, s.products, s.seats,
	(SELECT count(*) FROM licenses l WHERE l.subscription_id = s.id AND l.assigned_at IS NOT NULL),
	s.expires_at, s.created_at, coalesce(s.token_id, '') FROM subscriptions s `

func (s *Store) subscriptions(ctx context.Context, from querier, rest string, args ...any) ([]Subscription, error) {
	rows, err := from.QueryContext(ctx, selectSubscriptions+rest, args...)
	now := s.now()
	return collect(rows, err, func(rows *sql.Rows) (one Subscription, err error) {
		var products string
		var expires, created int64
		if err := rows.Scan(&one.ID, &one.WorkspaceID, &one.Plan, &one.Status, &products, &one.Seats, &one.Used,
			&expires, &created, &one.TokenID); err != nil {
			return one, err
		}
		one.Expires, one.Created = moment(expires), moment(created)
		one.Status = statusAt(one.Status, one.Expires, now)
		return one, json.Unmarshal([]byte(products), &one.Products)
	})
}

// Subscriptions returns the subscriptions whose seats are assigned, oldest first. It needs a permission on licenses or
// CI tokens.
func (c Scope) Subscriptions(ctx context.Context) ([]Subscription, error) {
	all, err := readAs(ctx, c, seesSeats, func(ctx context.Context, _ caller) ([]Subscription, error) {
		return c.store.subscriptions(ctx, c.store.reads,
			"WHERE s.workspace_id = $1 AND s.token_id IS NULL ORDER BY s.created_at, s.id", c.workspace)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list the subscriptions: %w", err)
	}
	return all, nil
}

// Subscription returns a subscription by ID. It needs a permission on licenses or CI tokens.
func (c Scope) Subscription(ctx context.Context, id string) (Subscription, error) {
	one, err := readAs(ctx, c, seesSeats, func(ctx context.Context, _ caller) (Subscription, error) {
		return c.store.subscription(ctx, c.store.reads, c.workspace, id)
	})
	if err != nil {
		return Subscription{}, fmt.Errorf("cannot show the subscription: %w", err)
	}
	return one, nil
}

func (s *Store) subscription(ctx context.Context, from querier, workspace, id string) (Subscription, error) {
	missing := errUnknown("subscription")
	if !hasForm(subscriptionPrefix, id) {
		return Subscription{}, missing
	}
	found, err := s.subscriptions(ctx, from, "WHERE s.workspace_id = $1 AND s.id = $2", workspace, id)
	if err == nil && len(found) == 0 {
		err = missing
	}
	if err != nil {
		return Subscription{}, err
	}
	return found[0], nil
}

// CreateSubscription creates a subscription. An empty term has the default that [Terms] names. Members cannot do this.
func (c Scope) CreateSubscription(ctx context.Context, terms Terms, seats int) (Subscription, error) {
	var created Subscription
	err := c.change(ctx, anyOf{operatorOnly}, func(w *work) error {
		if err := checkSeats(seats); err != nil {
			return err
		}
		id, err := w.insertSubscription(w.workspace, "", terms, seats)
		if err != nil {
			return err
		}
		if err := w.note("subscription.create", id, seatsText(seats)); err != nil {
			return err
		}
		created, err = w.store.subscription(ctx, w, w.workspace, id)
		return err
	})
	if err != nil {
		return Subscription{}, fmt.Errorf("cannot create a subscription: %w", err)
	}
	return created, nil
}

// insertSubscription adds a subscription, for one token alone unless tokenID is empty.
func (t *tx) insertSubscription(workspace, tokenID string, terms Terms, seats int) (id string, err error) {
	if err := terms.check(); err != nil {
		return "", err
	}
	products, err := terms.products()
	if err != nil {
		return "", err
	}
	id = newID(subscriptionPrefix)
	_, err = t.exec(`INSERT INTO subscriptions (id, workspace_id, plan, status, products, seats, token_id, expires_at,
		created_at) VALUES ($1, $2, $3, $4, $5, $6, nullif($7, ''), $8, $9)`, id, workspace,
		cmp.Or(terms.Plan, defaultPlan), license.StatusActive, products, seats, tokenID,
		cmp.Or(terms.Expires, nextYear(t.now)).Unix(), t.now.Unix())
	return id, err
}

// SubscriptionChange says what of a subscription changes: an empty term and nil mean that it stays as it is.
type SubscriptionChange struct {
	Terms  Terms
	Seats  *int
	Status string // one of package license, except EXPIRED, which follows from Terms.Expires
}

// ChangeSubscription changes a subscription, and returns it. Fewer seats than are used are a [Refusal]. Members cannot
// do this.
func (c Scope) ChangeSubscription(ctx context.Context, id string, change SubscriptionChange) (Subscription, error) {
	var changed Subscription
	err := c.change(ctx, anyOf{operatorOnly}, func(w *work) error {
		before, err := w.store.subscription(ctx, w, w.workspace, id)
		if err != nil {
			return err
		}
		if err := change.check(before); err != nil {
			return err
		}
		if err := w.changeTerms(id, change); err != nil {
			return err
		}
		changed, err = w.store.subscription(ctx, w, w.workspace, id)
		if err != nil {
			return err
		}
		return w.note("subscription.change", id, fmt.Sprintf("%s, %s, %s, until %s", changed.Plan, changed.Status,
			seatsText(changed.Seats), changed.Expires.Format(time.RFC3339)))
	})
	if err != nil {
		return Subscription{}, fmt.Errorf("cannot change the subscription: %w", err)
	}
	return changed, nil
}

// check returns an error if the subscription cannot be changed so.
func (c SubscriptionChange) check(before Subscription) error {
	if c.Status != "" {
		if err := checkStatus(c.Status); err != nil {
			return err
		}
	}
	if c.Seats != nil {
		if err := checkSeats(*c.Seats); err != nil {
			return err
		}
		switch seats := *c.Seats; {
		case before.TokenID != "" && seats != before.Seats:
			return refuse(Conflict, "the subscription has one seat, for %s alone", before.TokenID)
		case seats < before.Used:
			return refuse(Conflict, "%d of its seats are used: unassign %d first", before.Used, before.Used-seats)
		}
	}
	return c.Terms.check()
}

func (t *tx) changeTerms(id string, change SubscriptionChange) error {
	var seats any // NULL changes nothing
	if change.Seats != nil {
		seats = *change.Seats
	}
	products, expires, err := change.Terms.changes()
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE subscriptions SET plan = coalesce(nullif($1, ''), plan),
		status = coalesce(nullif($2, ''), status),
		products = coalesce(CAST($3 AS TEXT), products), expires_at = coalesce(CAST($4 AS BIGINT), expires_at),
		seats = coalesce(CAST($5 AS BIGINT), seats) WHERE id = $6`,
		change.Terms.Plan, change.Status, products, expires, seats, id)
	return err
}

func checkSeats(seats int) error {
	if seats < 0 || seats > maxSeats {
		return invalid("seats", "the number of seats must be between 0 and %d", maxSeats)
	}
	return nil
}

func seatsText(seats int) string {
	if seats == 1 {
		return "1 seat"
	}
	return fmt.Sprintf("%d seats", seats)
}
