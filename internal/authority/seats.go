package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"localstack-entrypoint/internal/license"
)

// owner is whom a license belongs to: a member, or a token without one.
type owner struct {
	member, token string // IDs, of which one is empty
	// name is what errors and the audit log call the owner.
	name    string
	license *License
}

func (o owner) id() string { return o.member + o.token }

// AssignLicense assigns a seat of a subscription to an owner: a member, named by ID or email address, or a token
// without one, such as a CI token, named by ID. The ID of a license names its owner, too. An empty subscription means
// the one that the owner has had, or the only one there is. An owner who has a seat of another subscription moves, and
// keeps the ID of the license.
//
// It needs [AssignLicenses]; [IssueOwnLicense] is enough for oneself, and [ManageCIKeys] for a CI token. A
// subscription without a free seat, or that is not active, is a [Refusal].
func (c Scope) AssignLicense(ctx context.Context, who, subscriptionID string) (License, error) {
	var assigned License
	err := c.change(ctx, seesSeats, func(w *work) error {
		to, err := w.owner(who)
		if err != nil {
			return err
		}
		if err := w.assignSeat(to, subscriptionID); err != nil {
			return err
		}
		if to, err = w.owner(who); err == nil {
			assigned = *to.license
		}
		return err
	})
	if err != nil {
		return License{}, fmt.Errorf("cannot assign a license: %w", err)
	}
	return assigned, nil
}

// assignSeat assigns a seat of the subscription that is chosen by an ID, unless the owner has it already. What cannot
// be is a [Refusal] about the subscription.
func (w *work) assignSeat(to owner, subscriptionID string) error {
	from, err := w.chooseSubscription(to, subscriptionID)
	hasIt := to.license != nil && to.license.Assigned && to.license.SubscriptionID == from.ID
	if err == nil && !hasIt {
		err = w.takeSeat(to, from)
	}
	return about("subscription", err)
}

// UnassignLicense takes the seat of an owner, who is named as for [Scope.AssignLicense], and needs the same permission.
// The owner may have it again with the same ID. It is no error that the owner has none.
func (c Scope) UnassignLicense(ctx context.Context, who string) error {
	err := c.change(ctx, seesSeats, func(w *work) error {
		from, err := w.owner(who)
		if err != nil {
			return err
		}
		if from.license == nil {
			return nil
		}
		return w.unassign(*from.license, from.name)
	})
	if err != nil {
		return fmt.Errorf("cannot unassign the license: %w", err)
	}
	return nil
}

// unassign takes a license from its owner, who is called name; a second time is no error.
func (w *work) unassign(from License, name string) error {
	rows, err := w.exec("UPDATE licenses SET assigned_at = NULL WHERE id = $1 AND assigned_at IS NOT NULL", from.ID)
	if err != nil || rows == 0 {
		return err
	}
	return w.note("license.unassign", from.ID, name)
}

// owner returns the owner of a license for a caller who may assign it.
func (w *work) owner(who string) (owner, error) {
	id, err := w.ownerOf(who)
	if err != nil {
		return owner{}, err
	}
	if hasForm(tokenPrefix, id) {
		return w.tokenOwner(id)
	}
	member, err := w.memberOf(id)
	needs := anyOf{AssignLicenses}
	if w.is(member.ID) {
		needs = append(needs, IssueOwnLicense)
	}
	if err := w.maySee("", err, needs...); err != nil {
		return owner{}, err
	}
	return owner{member: member.ID, name: member.Email, license: member.License}, nil
}

// ownerOf returns the ID of the owner of a license by the ID of that; another text as it is.
func (w *work) ownerOf(who string) (string, error) {
	if !hasForm(licensePrefix, who) {
		return who, nil
	}
	found, err := texts(w.ctx, w, `SELECT coalesce(l.member_id, l.token_id) FROM licenses l
		JOIN subscriptions s ON s.id = l.subscription_id WHERE l.id = $1 AND s.workspace_id = $2`, who, w.workspace)
	if err == nil && len(found) == 0 {
		err = errUnknown("license")
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

func (w *work) tokenOwner(id string) (owner, error) {
	if !w.may(AssignLicenses) && !w.may(ManageCIKeys) {
		return owner{}, errNotAllowed()
	}
	token, err := w.tokenOf(id)
	switch {
	case err != nil:
		return owner{}, err
	case token.MemberID != "":
		return owner{}, refuse(Conflict, "the token is that of a member, %s: the license belongs to the member", token.Email)
	case token.Revoked:
		return owner{}, errRevoked()
	case token.Simulate != "":
		return owner{}, errTestToken()
	}
	return owner{token: token.ID, name: token.label(), license: token.License}, nil
}

// chooseSubscription returns the subscription with an ID; that which the owner has, or the only one, if it is empty.
func (w *work) chooseSubscription(to owner, id string) (Subscription, error) {
	if id == "" && to.license != nil {
		id = to.license.SubscriptionID
	}
	if id != "" {
		return w.store.subscription(w.ctx, w, w.workspace, id)
	}
	all, err := w.store.subscriptions(w.ctx, w, "WHERE s.workspace_id = $1 AND s.token_id IS NULL LIMIT 2", w.workspace)
	switch {
	case err != nil:
		return Subscription{}, err
	case len(all) == 0:
		return Subscription{}, without("any subscription", Conflict,
			"the workspace has no subscription: create one first")
	case len(all) > 1:
		return Subscription{}, without("which subscription", Invalid,
			"the workspace has several subscriptions: say which")
	}
	return all[0], nil
}

// takeSeat assigns a seat of a subscription to an owner who has none there.
func (w *work) takeSeat(to owner, from Subscription) error {
	switch {
	case from.TokenID != "" && from.TokenID != to.token:
		return refuse(Conflict, "%s is for %s alone: use another subscription", from.ID, from.TokenID)
	case from.Status == license.StatusExpired:
		return refuse(Conflict, "the subscription has expired: extend it first")
	case from.Status != license.StatusActive:
		return refuse(Conflict, "the subscription is %s: activate it first", from.Status)
	case from.Used >= from.Seats:
		return refuse(Conflict, "%d of %s used: unassign one, or use another subscription", from.Used, seatsText(from.Seats))
	}
	if err := w.saveSeat(to, from.ID); err != nil {
		return err
	}
	return w.note("license.assign", to.id(), fmt.Sprintf("%s, %d of %s used", to.name, from.Used+1, seatsText(from.Seats)))
}

func (w *work) saveSeat(to owner, subscription string) error {
	if to.license == nil {
		_, err := w.exec(`INSERT INTO licenses (id, subscription_id, member_id, token_id, assigned_at)
			VALUES ($1, $2, nullif($3, ''), nullif($4, ''), $5)`, newID(licensePrefix), subscription, to.member, to.token,
			w.now.Unix())
		return err
	}
	_, err := w.exec("UPDATE licenses SET subscription_id = $1, assigned_at = $2 WHERE id = $3", subscription,
		w.now.Unix(), to.license.ID)
	if err != nil {
		return err
	}
	// The subscription that the owner had for itself is of no use any more.
	_, err = w.exec("DELETE FROM subscriptions WHERE token_id = $1 AND id <> $2", to.token, subscription)
	return err
}

// memberSeat is where a license is that of a member, who may have no token or be removed: its workspace and
// subscription, and the member's email address.
type memberSeat struct{ workspace, subscription, email string }

// memberSeat returns where the license with an ID is; nil if it is not the ID of a member's license.
func (s *Store) memberSeat(ctx context.Context, id string) (*memberSeat, error) {
	if !hasForm(licensePrefix, id) {
		return nil, nil
	}
	seat := &memberSeat{}
	err := s.reads.QueryRowContext(ctx, `SELECT s.workspace_id, s.id, m.email FROM licenses l
		JOIN subscriptions s ON s.id = l.subscription_id JOIN members m ON m.id = l.member_id WHERE l.id = $1`, id).
		Scan(&seat.workspace, &seat.subscription, &seat.email)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return seat, err
}

// freeSeat takes the seat of a token that is revoked. One of its own stays as it was.
func (t *tx) freeSeat(tokenID string) error {
	_, err := t.exec(`UPDATE licenses SET assigned_at = NULL WHERE token_id = $1
		AND subscription_id IN (SELECT id FROM subscriptions WHERE token_id IS NULL)`, tokenID)
	return err
}

// errShared says that a command for the license of one token would change that of others.
func errShared(subscriptionID string) error {
	return refuse(Conflict, "it is a seat of %s, which others use, too: use `licenseserver subscription`", subscriptionID)
}
