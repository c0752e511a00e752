package authority

import (
	"context"
	"errors"
	"fmt"

	"localstack-entrypoint/internal/credential"
)

// CI keys are the CI tokens of a workspace, and have names. All methods on them need [ManageCIKeys].

// CITokens returns a page of the CI tokens of the workspace, also of those that are revoked, the newest first: those
// before the ID before, which may be empty.
func (c Scope) CITokens(ctx context.Context, before string) (Page[Token], error) {
	page, err := readAs(ctx, c, anyOf{ManageCIKeys}, func(ctx context.Context, _ caller) (Page[Token], error) {
		rows, err := c.store.tokens(ctx, c.store.reads, `WHERE t.workspace_id = $1 AND t.kind = 'ci' AND t.member_id IS NULL
			AND t.id < $2 ORDER BY t.id DESC LIMIT $3`, c.workspace, beforeID(tokenPrefix, before), PageSize+1)
		return pageOf(rows, func(t Token) string { return t.ID }), err
	})
	if err != nil {
		return Page[Token]{}, fmt.Errorf("cannot list the CI keys: %w", err)
	}
	return page, nil
}

// CIToken returns a CI token by ID.
func (c Scope) CIToken(ctx context.Context, id string) (Token, error) {
	token, err := readAs(ctx, c, anyOf{ManageCIKeys}, func(ctx context.Context, _ caller) (Token, error) {
		return c.store.ciToken(ctx, c.store.reads, c.workspace, id)
	})
	if err != nil {
		return Token{}, fmt.Errorf("cannot show the CI key: %w", err)
	}
	return token, nil
}

func (s *Store) ciToken(ctx context.Context, from querier, workspace, id string) (Token, error) {
	token, err := s.tokenIn(ctx, from, workspace, id)
	_, refused := errors.AsType[Refusal](err)
	if refused || err == nil && (token.Kind != CI || token.MemberID != "") {
		return Token{}, errUnknown("CI key")
	}
	return token, err
}

// CITokenUse returns a page of the use of a CI token by day and machine, the newest day first: what follows the page
// whose Next is after, which may be empty.
func (c Scope) CITokenUse(ctx context.Context, id, after string) (Page[Activation], error) {
	use, err := readAs(ctx, c, anyOf{ManageCIKeys}, func(ctx context.Context, _ caller) (Page[Activation], error) {
		token, err := c.store.ciToken(ctx, c.store.reads, c.workspace, id)
		if err != nil {
			return Page[Activation]{}, err
		}
		return c.store.activationsAfter(ctx, token.ID, after)
	})
	if err != nil {
		return Page[Activation]{}, fmt.Errorf("cannot list the use of the CI key: %w", err)
	}
	return use, nil
}

// CreateCIToken makes a CI token with a name, and returns it with its secret, which is the only copy. It has no license
// before [Scope.AssignLicense].
func (c Scope) CreateCIToken(ctx context.Context, name string) (Token, credential.Secret, error) {
	return c.createCIToken(ctx, name, func(*work, owner) error { return nil })
}

// CreateLicensedCIToken is CreateCIToken and [Scope.AssignLicense] in one: if no license can be assigned, no token is
// made.
func (c Scope) CreateLicensedCIToken(
	ctx context.Context, name, subscriptionID string,
) (Token, credential.Secret, error) {
	return c.createCIToken(ctx, name, func(w *work, made owner) error {
		return w.assignSeat(made, subscriptionID)
	})
}

// createCIToken makes a CI token, and does more with it in the same transaction.
func (c Scope) createCIToken(
	ctx context.Context, name string, more func(*work, owner) error,
) (token Token, secret credential.Secret, err error) {
	secret = mint(CI)
	err = c.change(ctx, anyOf{ManageCIKeys}, func(w *work) error {
		name, err := readName("CI key", name)
		if err != nil {
			return err
		}
		id, err := w.addToken(Token{WorkspaceID: w.workspace, Kind: CI, Name: name}, secret.Reveal())
		if err != nil {
			return err
		}
		if err := w.note("token.create", id, "CI key "+name); err != nil {
			return err
		}
		if err := more(w, owner{token: id, name: name}); err != nil {
			return err
		}
		token, err = w.tokenOf(id)
		return err
	})
	if err != nil {
		return Token{}, credential.Secret{}, fmt.Errorf("cannot create a CI key: %w", err)
	}
	return token, secret, nil
}

// RenameCIToken gives a CI token another name.
func (c Scope) RenameCIToken(ctx context.Context, id, name string) error {
	return c.changeCIToken(ctx, "rename", id, func(w *work, token Token) error {
		name, err := readName("CI key", name)
		if err != nil {
			return err
		}
		if name == token.Name {
			return nil
		}
		if _, err := w.exec("UPDATE tokens SET name = $1 WHERE id = $2", name, token.ID); err != nil {
			return err
		}
		return w.note("token.rename", token.ID, name)
	})
}

// RotateCIToken replaces a CI token, and returns its new secret, which is the only copy. Once it returns, the one
// before is refused.
func (c Scope) RotateCIToken(ctx context.Context, id string) (credential.Secret, error) {
	secret := mint(CI)
	err := c.changeCIToken(ctx, "rotate", id, func(w *work, token Token) error {
		return w.replaceToken(token.ID, secret.Reveal(), token.label())
	})
	if err != nil {
		return credential.Secret{}, err
	}
	return secret, nil
}

// RevokeCIToken revokes a CI token for good, and frees its seat. A second time is no error.
func (c Scope) RevokeCIToken(ctx context.Context, id string) error {
	return c.changeCIToken(ctx, "revoke", id, (*work).revokeToken)
}

func (c Scope) changeCIToken(ctx context.Context, verb, id string, do func(*work, Token) error) error {
	err := c.change(ctx, anyOf{ManageCIKeys}, func(w *work) error {
		token, err := w.store.ciToken(w.ctx, w, w.workspace, id)
		if err != nil {
			return err
		}
		return do(w, token)
	})
	if err != nil {
		return fmt.Errorf("cannot %s the CI key: %w", verb, err)
	}
	return nil
}
