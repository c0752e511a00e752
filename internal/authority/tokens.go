package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
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
	// Email is the owner's address, for the list; may be empty.
	Email string
	// Terms are the terms of the token's license.
	Terms Terms
	// Unassigned creates the token without a license.
	Unassigned bool
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
	if wanted.Email != "" {
		if _, err := mail.ParseAddress(wanted.Email); err != nil {
			return Token{}, errors.New("the email address is invalid")
		}
	}
	if err := wanted.Terms.check(); err != nil {
		return Token{}, err
	}
	id := tokenPrefix + uuid.NewString()
	var created Token
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			"INSERT INTO tokens (id, kind, email, hash, hint, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			id, string(wanted.Kind), wanted.Email, s.hash(text), credential.Mask(text), s.now().Unix())
		if err != nil {
			return err
		}
		if !wanted.Unassigned {
			if err := s.insertLicense(ctx, tx, id, wanted.Terms); err != nil {
				return err
			}
		}
		created, err = s.byID(ctx, tx, id)
		return err
	})
	return created, err
}

// RotateToken replaces a token by a new one with the same ID and license, and
// returns the new one. Once it returns, the old one is invalid. Errors concern id,
// which is the token's or its license's, a revoked token, or the disk.
func (s *Store) RotateToken(ctx context.Context, id string) (credential.Secret, error) {
	var secret credential.Secret
	err := s.change(ctx, "rotate", id, func(tx *sql.Tx, token Token) error {
		if token.Revoked {
			return errRevoked()
		}
		secret = mint(token.Kind)
		_, err := tx.ExecContext(ctx, "UPDATE tokens SET hash = ?, hint = ?, rotated_at = ? WHERE id = ?",
			s.hash(secret.Reveal()), credential.Mask(secret.Reveal()), s.now().Unix(), token.ID)
		return err
	})
	if err != nil {
		return credential.Secret{}, err
	}
	return secret, nil
}

// RevokeToken revokes a token for good; revoking it twice is no error. Errors
// concern id, which is the token's or its license's, or the disk.
func (s *Store) RevokeToken(ctx context.Context, id string) error {
	return s.change(ctx, "revoke", id, func(tx *sql.Tx, token Token) error {
		_, err := tx.ExecContext(ctx, "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
			s.now().Unix(), token.ID)
		return err
	})
}

// change runs do in a transaction, with the token whose ID or whose license's ID
// is id. verb completes "cannot … ID" in errors.
func (s *Store) change(ctx context.Context, verb, id string, do func(*sql.Tx, Token) error) error {
	if !isID(id) {
		// It may be a token, and is not repeated.
		return fmt.Errorf("cannot %s: an ID must be %s or %s followed by a UUID; see the list of tokens",
			verb, tokenPrefix, licensePrefix)
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		token, err := s.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		return do(tx, token)
	})
	if err != nil {
		return fmt.Errorf("cannot %s %s: %w", verb, id, err)
	}
	return nil
}

// byID returns the token whose ID or whose license's ID is id.
func (s *Store) byID(ctx context.Context, from querier, id string) (Token, error) {
	tokens, err := s.tokens(ctx, from, "WHERE t.id = ?1 OR l.id = ?1", id)
	switch {
	case err != nil:
		return Token{}, err
	case len(tokens) == 0:
		return Token{}, errors.New("no token or license has this ID")
	}
	return tokens[0], nil
}

func isID(text string) bool {
	for _, prefix := range []string{tokenPrefix, licensePrefix} {
		if number, ok := strings.CutPrefix(text, prefix); ok {
			return uuid.Validate(number) == nil
		}
	}
	return false
}

func errRevoked() error { return errors.New("the token is revoked, which cannot be undone") }
