package authority

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"localstack-entrypoint/internal/credential"
)

// The prefixes of IDs.
const (
	tokenPrefix   = "token_"
	licensePrefix = "license_"
)

// NewToken describes a token to create.
type NewToken struct {
	Kind Kind
	// Workspace is a workspace's ID; empty means the oldest workspace, which is made if there is none.
	Workspace string
	// Name tells the token from others; may be empty.
	Name string
	// Email is the owner's address, for the list; may be empty.
	Email string
	// Terms are the terms of the token's license.
	Terms Terms
	// Unassigned creates the token without a license.
	Unassigned bool
	// Simulate makes a test token: it names the answer that each request with the token gets, which package licensing
	// knows. A test token has no license, and so no terms. Empty makes a real token.
	Simulate string
}

// CreateToken creates a token. The secret is the only copy: the Store keeps a
// keyed hash. Errors concern the terms, the address or the disk.
func (s *Store) CreateToken(ctx context.Context, wanted NewToken) (Token, credential.Secret, error) {
	secret := mint(wanted.Kind)
	token, err := s.createToken(ctx, wanted, secret.Reveal())
	if err != nil {
		return Token{}, credential.Secret{}, fmt.Errorf("cannot create a token: %w", err)
	}
	return token, secret, nil
}

func (s *Store) createToken(ctx context.Context, wanted NewToken, text string) (Token, error) {
	if err := wanted.read(); err != nil {
		return Token{}, err
	}
	var created Token
	err := s.change(ctx, func(t *tx) error {
		id, err := t.insertToken(wanted, text)
		if err != nil {
			return err
		}
		created, err = s.byID(ctx, t, id)
		return err
	})
	return created, err
}

// read brings what was typed into the form in which it is stored, and returns an error that says what is wrong.
func (n *NewToken) read() (err error) {
	if n.Email != "" {
		if n.Email, err = ReadEmail(n.Email); err != nil {
			return err
		}
	}
	if n.Name, err = readOptionalName("token", n.Name); err != nil {
		return err
	}
	if err := new(Kind).UnmarshalText([]byte(n.Kind)); err != nil {
		return fmt.Errorf("the type is unknown: %w", err)
	}
	return cmp.Or(n.Terms.check(), n.checkSimulation())
}

func (t *tx) insertToken(wanted NewToken, text string) (id string, err error) {
	workspace := wanted.Workspace
	if workspace == "" {
		if workspace, err = t.firstWorkspace(); err != nil {
			return "", err
		}
	}
	id, err = t.addToken(Token{WorkspaceID: workspace, Kind: wanted.Kind, Name: wanted.Name, Email: wanted.Email,
		Simulate: wanted.Simulate}, text)
	if err != nil {
		return "", err
	}
	if !wanted.Unassigned && wanted.Simulate == "" {
		if err := t.insertLicense(Token{ID: id, WorkspaceID: workspace}, wanted.Terms); err != nil {
			return "", err
		}
	}
	return id, t.audit(Event{Workspace: workspace, Action: "token.create", Subject: id, Detail: wanted.detail()})
}

// addToken adds a token with this secret, and returns its ID.
func (t *tx) addToken(made Token, secret string) (id string, err error) {
	var expires any // NULL
	if made.Expires != nil {
		expires = made.Expires.Unix()
	}
	id = newID(tokenPrefix)
	_, err = t.exec(`INSERT INTO tokens (id, workspace_id, member_id, kind, name, email, hash, hint, simulate, created_at,
		expires_at) VALUES ($1, $2, nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, CAST($11 AS BIGINT))`, id, made.WorkspaceID,
		made.MemberID, string(made.Kind), made.Name, made.Email, t.hash(secret), credential.Mask(secret), made.Simulate,
		t.now.Unix(), expires)
	return id, err
}

// detail is for the audit log.
func (n NewToken) detail() string {
	if n.Simulate == "" {
		return string(n.Kind)
	}
	return string(n.Kind) + ", simulates " + n.Simulate
}

// maxSimulation bounds the name of a simulated answer; the longest has 16 characters.
const maxSimulation = 32

// checkSimulation returns an error that says what is wrong with a test token.
func (n NewToken) checkSimulation() error {
	switch {
	case n.Simulate == "":
		return nil
	case len(n.Simulate) > maxSimulation || strings.Trim(n.Simulate, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("the name of a simulated answer must consist of up to %d lower-case letters, digits and dashes",
			maxSimulation)
	case n.Terms != Terms{} || n.Unassigned:
		return errors.New("a test token has no license, and so no plan, product, version or expiry date")
	}
	return nil
}

// RotateToken replaces a token by a new one with the same ID and license, and
// returns the new one. Once it returns, the old one is invalid. Errors concern id,
// which is the token's or its license's, a revoked token, or the disk.
func (s *Store) RotateToken(ctx context.Context, id string) (credential.Secret, error) {
	var secret credential.Secret
	err := s.changeToken(ctx, "rotate", id, func(w *work, token Token) error {
		secret = mint(token.Kind)
		return w.replaceToken(token.ID, secret.Reveal(), token.label())
	})
	if err != nil {
		return credential.Secret{}, err
	}
	return secret, nil
}

// RevokeToken revokes a token for good; revoking it twice is no error. Errors
// concern id, which is the token's or its license's, or the disk.
func (s *Store) RevokeToken(ctx context.Context, id string) error {
	return s.changeToken(ctx, "revoke", id, (*work).revokeToken)
}

// changeToken runs do in a transaction, with the token whose ID or whose license's ID
// is id, and with its workspace locked. verb completes "cannot … ID" in errors.
func (s *Store) changeToken(ctx context.Context, verb, id string, do func(*work, Token) error) error {
	if !isID(id) {
		// It may be a token, and is not repeated.
		return fmt.Errorf("cannot %s the token: an ID is %s or %s, followed by a UUID: use one that \"token list\" shows",
			verb, tokenPrefix, licensePrefix)
	}
	err := s.change(ctx, func(t *tx) error {
		token, err := s.byID(ctx, t, id)
		if err != nil {
			return err
		}
		// What changes the workspace at the same time is waited for, and seen.
		if _, err := t.lockWorkspace(token.WorkspaceID); err != nil {
			return err
		}
		if token, err = s.byID(ctx, t, id); err != nil {
			return err
		}
		return do(&work{tx: t, store: s, caller: caller{workspace: token.WorkspaceID, operator: true}}, token)
	})
	if err != nil {
		return fmt.Errorf("cannot %s %s: %w", verb, id, err)
	}
	return nil
}

// byID returns the token whose ID or whose license's ID is id.
func (s *Store) byID(ctx context.Context, from querier, id string) (Token, error) {
	// Not "OR l.id = $1": no index helps to find that.
	tokens, err := s.tokens(ctx, from, `WHERE t.id = $1 OR t.id = (SELECT token_id FROM licenses WHERE id = $1)
		OR t.revoked_at IS NULL AND t.member_id = (SELECT member_id FROM licenses WHERE id = $1) LIMIT 2`, id)
	switch {
	case err != nil:
		return Token{}, err
	case len(tokens) == 0:
		return Token{}, without("token or license", NotFound, "no token or license has this ID")
	case len(tokens) > 1:
		return Token{}, refuse(Conflict, "%s has several tokens with this license: use the ID of one", tokens[0].Email)
	}
	return tokens[0], nil
}

func isID(text string) bool { return hasForm(tokenPrefix, text) || hasForm(licensePrefix, text) }

// hasForm reports whether a text is a prefix and a UUID, as [newID] makes them.
func hasForm(prefix, text string) bool {
	number, ok := strings.CutPrefix(text, prefix)
	return ok && len(number) == len(uuid.Nil.String()) && uuid.Validate(number) == nil
}

func errRevoked() error { return refuse(Conflict, "the token is revoked, which cannot be undone") }
