package authority

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// Token describes a token, without the secret.
type Token struct {
	// ID is "token_" and a UUID. Rotation leaves it as it is.
	ID string `json:"id"`
	// WorkspaceID and MemberID say whose it is. MemberID is empty for a token without a member.
	WorkspaceID string `json:"workspace_id"`
	MemberID    string `json:"member_id,omitempty"`
	Kind        Kind   `json:"type"`
	Name        string `json:"name"`
	// Email is the member's address, or a note for a token without a member.
	Email string `json:"email"`
	// Hint is the masked token, by which its owner recognizes it.
	Hint    string    `json:"hint"`
	Revoked bool      `json:"revoked"`
	Created time.Time `json:"created"`
	// Rotated is when the token was last replaced; nil if never.
	Rotated *time.Time `json:"rotated"`
	// LastUsed is when it last asked for a license; nil if never.
	LastUsed *time.Time `json:"last_used"`
	// Expires is when it ends unless it is used before; nil for a token that does not end by itself.
	Expires *time.Time `json:"expires"`
	// Simulate names the answer that a test token always gets; empty for a real token.
	Simulate string `json:"simulate,omitempty"`
	// License is nil if there never was one.
	License *License `json:"license"`
}

// HasActivated reports whether the token was used since it was made, or last replaced.
func (t Token) HasActivated() bool {
	return t.LastUsed != nil && (t.Rotated == nil || !t.LastUsed.Before(*t.Rotated))
}

// License is what a token may use, and until when: a seat of a subscription, and the terms of that.
type License struct {
	// ID is "license_" and a UUID.
	ID             string `json:"id"`
	SubscriptionID string `json:"subscription_id"`
	// Plan is the document's license_type.
	Plan string `json:"plan"`
	// Status is the document's license_status; EXPIRED after Expires.
	Status   string            `json:"status"`
	Products []license.Product `json:"products"`
	Expires  time.Time         `json:"expires"`
	// Assigned reports whether its member or token may use it.
	Assigned bool `json:"assigned"`
	// LastActivated is when a document was last handed out; nil if never.
	LastActivated *time.Time `json:"last_activated"`

	// shared says that others have seats of the subscription, too.
	shared bool
}

const selectTokens = `
	SELECT t.id, t.workspace_id, t.member_id, t.kind, t.name, coalesce(m.email, t.email), t.hint, t.simulate,
	       t.created_at, t.rotated_at, t.revoked_at, t.last_used_at, t.expires_at,
	       ` + licenseColumns + `
	FROM tokens t
	LEFT JOIN members m ON m.id = t.member_id
	LEFT JOIN licenses l ON coalesce(l.member_id, l.token_id) = coalesce(t.member_id, t.id)
	LEFT JOIN subscriptions s ON s.id = l.subscription_id`

// Tokens returns all tokens with their licenses, oldest first.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	tokens, err := s.tokens(ctx, s.reads, "ORDER BY t.created_at, t.id")
	if err != nil {
		return nil, fmt.Errorf("cannot list the tokens: %w", err)
	}
	return tokens, nil
}

// byCredential returns the token with the secret text; nil if there is none, or no
// longer.
func (s *Store) byCredential(ctx context.Context, text string) (*Token, error) {
	now := s.now()
	rows, err := s.find.QueryContext(ctx, s.hash(text), now.Unix())
	tokens, err := scanTokens(rows, err, now)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	return &tokens[0], nil
}

// prepareFind prepares what every request for a license needs. To parse it takes SQLite longer than to find the token.
func (s *Store) prepareFind(ctx context.Context) (err error) {
	s.turns, s.doubts, s.pages = make(turns, maxFinds), make(turns, maxFinds), make(turns, maxPages)
	s.find, err = s.reads.PrepareContext(ctx,
		selectTokens+" WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)")
	return err
}

// Judge returns the token with the secret text for a client; nil, which is a verdict, if there is none, or no longer.
// An error says that the state is not known: the database is gone, empty, or does not answer in time.
func (s *Store) Judge(ctx context.Context, text credential.Secret) (*Token, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	return within(ctx, s.name, func() (*Token, error) { return s.lookUp(ctx, text.Reveal()) })
}

func (s *Store) lookUp(ctx context.Context, text string) (*Token, error) {
	if err := s.checkFile(); err != nil {
		return nil, err
	}
	token, err := s.findInTurn(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case token == nil:
		return nil, s.confirmUnknown(ctx, text)
	case token.License == nil && token.Simulate == "":
		return token, s.confirmUnlicensed(ctx, token)
	}
	return token, nil
}

func (s *Store) findInTurn(ctx context.Context, text string) (*Token, error) {
	done, err := s.turns.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.byCredential(ctx, text)
}

// Knows reports whether text is a valid credential.
func (s *Store) Knows(ctx context.Context, text credential.Secret) (bool, error) {
	token, err := s.byCredential(ctx, text.Reveal())
	return token != nil, err
}

// tokens returns the tokens that a query with this rest selects.
func (s *Store) tokens(ctx context.Context, from querier, rest string, args ...any) ([]Token, error) {
	rows, err := from.QueryContext(ctx, selectTokens+" "+rest, args...)
	return scanTokens(rows, err, s.now())
}

func scanTokens(rows *sql.Rows, err error, now time.Time) ([]Token, error) {
	return collect(rows, err, func(rows *sql.Rows) (Token, error) { return scanToken(rows, now) })
}

// scanToken reads a row of selectTokens. A license may have expired by now.
func scanToken(rows *sql.Rows, now time.Time) (Token, error) {
	var (
		token                        Token
		created                      int64
		rotated, revoked, used, ends sql.NullInt64
		member                       sql.NullString
		granted                      licenseRow
	)
	err := rows.Scan(append([]any{&token.ID, &token.WorkspaceID, &member, &token.Kind, &token.Name, &token.Email,
		&token.Hint, &token.Simulate, &created, &rotated, &revoked, &used, &ends}, granted.columns()...)...)
	if err != nil {
		return Token{}, err
	}
	token.MemberID = member.String
	token.Created = moment(created)
	token.Rotated = momentOrNone(rotated)
	token.Revoked = revoked.Valid
	token.LastUsed = momentOrNone(used)
	token.Expires = momentOrNone(ends)
	token.License, err = granted.license(now)
	return token, err
}

// licenseColumns are the columns of a license l and its subscription s; all are NULL where there is none.
const licenseColumns = `l.id, s.id, s.plan, s.status, s.products, s.expires_at, l.assigned_at, l.last_activated_at,
	s.token_id IS NULL`

type licenseRow struct {
	id, subscription, plan, status, products sql.NullString
	expires, assigned, activated             sql.NullInt64
	shared                                   bool
}

// columns is where licenseColumns are scanned to.
func (r *licenseRow) columns() []any {
	return []any{&r.id, &r.subscription, &r.plan, &r.status, &r.products, &r.expires, &r.assigned, &r.activated, &r.shared}
}

// license is the license of the row, which may have expired by now; nil if there is none.
func (r *licenseRow) license(now time.Time) (*License, error) {
	if !r.id.Valid {
		return nil, nil
	}
	if !r.subscription.Valid {
		return nil, fmt.Errorf("the subscription of %s is missing: restore a backup", r.id.String)
	}
	granted := &License{
		ID:             r.id.String,
		SubscriptionID: r.subscription.String,
		Plan:           r.plan.String,
		Status:         statusAt(r.status.String, moment(r.expires.Int64), now),
		Expires:        moment(r.expires.Int64),
		Assigned:       r.assigned.Valid,
		LastActivated:  momentOrNone(r.activated),
		shared:         r.shared,
	}
	return granted, json.Unmarshal([]byte(r.products.String), &granted.Products)
}

// statusAt is a stored status, or EXPIRED after the end.
func statusAt(stored string, expires, now time.Time) string {
	if now.Before(expires) {
		return stored
	}
	return license.StatusExpired
}

// moment is the time that is stored as Unix seconds.
func moment(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func momentOrNone(seconds sql.NullInt64) *time.Time {
	if !seconds.Valid {
		return nil
	}
	at := moment(seconds.Int64)
	return &at
}
