package authority

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// Token describes a token, without the secret.
type Token struct {
	// ID is "token_" and a UUID. Rotation leaves it as it is.
	ID    string `json:"id"`
	Kind  Kind   `json:"type"`
	Email string `json:"email"`
	// Hint is the masked token, by which its owner recognizes it.
	Hint    string    `json:"hint"`
	Revoked bool      `json:"revoked"`
	Created time.Time `json:"created"`
	// Rotated is when the token was last replaced; nil if never.
	Rotated *time.Time `json:"rotated"`
	// License is nil if the token never had one.
	License *License `json:"license"`
}

// License is what a token may use, and until when.
type License struct {
	// ID is "license_" and a UUID.
	ID string `json:"id"`
	// Plan is the document's license_type.
	Plan string `json:"plan"`
	// Status is the document's license_status; EXPIRED after Expires.
	Status   string            `json:"status"`
	Products []license.Product `json:"products"`
	Expires  time.Time         `json:"expires"`
	// Assigned reports whether the token may use the license.
	Assigned bool `json:"assigned"`
	// LastActivated is when a document was last handed out; nil if never.
	LastActivated *time.Time `json:"last_activated"`
}

const selectTokens = `
	SELECT t.id, t.kind, t.email, t.hint, t.created_at, t.rotated_at, t.revoked_at,
	       l.id, l.plan, l.status, l.products, l.expires_at, l.assigned, l.last_activated
	FROM tokens t LEFT JOIN licenses l ON l.token_id = t.id`

// querier is a database or a transaction in it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Tokens returns all tokens with their licenses, oldest first.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	tokens, err := s.tokens(ctx, s.db, "ORDER BY t.created_at, t.rowid")
	if err != nil {
		return nil, fmt.Errorf("cannot list the tokens: %w", err)
	}
	return tokens, nil
}

// byCredential returns the token with the secret text; nil if there is none, or no
// longer.
func (s *Store) byCredential(ctx context.Context, text string) (*Token, error) {
	tokens, err := s.tokens(ctx, s.reads, "WHERE t.hash = ? AND t.revoked_at IS NULL", s.hash(text))
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	return &tokens[0], nil
}

// judge is byCredential for a client, for which nil is a verdict. The error says that the
// state is not known: the database is gone, empty, or does not answer in time.
func (s *Store) judge(ctx context.Context, text string) (*Token, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	type result struct {
		token *Token
		err   error
	}
	// SQLite cannot be interrupted while it waits for a lock or a disk.
	found := make(chan result, 1)
	go func() {
		token, err := s.lookUp(ctx, text)
		found <- result{token, err}
	}()
	select {
	case got := <-found:
		return got.token, got.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%s does not answer: %w", s.path, ctx.Err())
	}
}

func (s *Store) lookUp(ctx context.Context, text string) (*Token, error) {
	switch now, err := os.Stat(s.path); {
	case err != nil:
		return nil, err
	case !os.SameFile(now, s.file):
		return nil, fmt.Errorf("%s is not the file that was opened at the start: restart the server", s.path)
	case now.Size() == 0: // while SQLite still knows what was in it
		return nil, fmt.Errorf("%s is empty", s.path)
	}
	token, err := s.byCredential(ctx, text)
	if token != nil || err != nil {
		return token, err
	}
	has, err := s.hasTokens(ctx)
	if err == nil && !has {
		err = fmt.Errorf("%s has no tokens", s.path)
	}
	return nil, err
}

// hasTokens reports whether there is any token, also a revoked one.
func (s *Store) hasTokens(ctx context.Context) (has bool, err error) {
	err = s.reads.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM tokens)").Scan(&has)
	return has, err
}

// Knows reports whether text is a valid credential.
func (s *Store) Knows(ctx context.Context, text credential.Secret) (bool, error) {
	token, err := s.byCredential(ctx, text.Reveal())
	return token != nil, err
}

// tokens returns the tokens that a query with this rest selects.
func (s *Store) tokens(ctx context.Context, from querier, rest string, args ...any) ([]Token, error) {
	rows, err := from.QueryContext(ctx, selectTokens+" "+rest, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tokens := []Token{} // none is [] in JSON, not null
	for rows.Next() {
		token, err := scanToken(rows, s.now())
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, rows.Err()
}

// scanToken reads a row of selectTokens. A license may have expired by now.
func scanToken(rows *sql.Rows, now time.Time) (Token, error) {
	var (
		token                                 Token
		created                               int64
		rotated, revoked, expires, activated  sql.NullInt64
		licenseID, plan, status, productsJSON sql.NullString
		assigned                              sql.NullBool
	)
	if err := rows.Scan(&token.ID, &token.Kind, &token.Email, &token.Hint, &created, &rotated, &revoked,
		&licenseID, &plan, &status, &productsJSON, &expires, &assigned, &activated); err != nil {
		return Token{}, err
	}
	token.Created = moment(created)
	token.Rotated = momentOrNone(rotated)
	token.Revoked = revoked.Valid
	if !licenseID.Valid {
		return token, nil
	}
	token.License = &License{
		ID:            licenseID.String,
		Plan:          plan.String,
		Status:        status.String,
		Expires:       moment(expires.Int64),
		Assigned:      assigned.Bool,
		LastActivated: momentOrNone(activated),
	}
	if !now.Before(token.License.Expires) {
		token.License.Status = license.StatusExpired
	}
	return token, json.Unmarshal([]byte(productsJSON.String), &token.License.Products)
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
