package authority

import (
	"context"
	"fmt"

	"localstack-entrypoint/internal/credential"
)

// A member has one developer token, and one more from each `lstk login`, which ends when it is not used. Members manage
// their own; whoever manages members may revoke those of others, but never gets one to see.

// MemberTokens returns the tokens of a member, who is named by ID or email address, that are not revoked, the newest
// first. It needs [ManageMembers], except for one's own.
func (c Scope) MemberTokens(ctx context.Context, who string) ([]Token, error) {
	tokens, err := readAs(ctx, c, anyOf{own}, func(ctx context.Context, by caller) ([]Token, error) {
		member, err := c.store.member(ctx, c.store.reads, c.workspace, who)
		if err := by.maySee(member.ID, err, ManageMembers); err != nil {
			return nil, err
		}
		return c.store.tokens(ctx, c.store.reads, `WHERE t.member_id = $1 AND t.revoked_at IS NULL
			AND (t.expires_at IS NULL OR t.expires_at > $2) ORDER BY t.id DESC`, member.ID, c.store.now().Unix())
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list the tokens: %w", err)
	}
	return tokens, nil
}

// DeveloperToken returns the developer token of a member, who is named by ID or email address; nil if there is none. It
// needs [ManageMembers], except for one's own.
func (c Scope) DeveloperToken(ctx context.Context, who string) (*Token, error) {
	token, err := readAs(ctx, c, anyOf{own}, func(ctx context.Context, by caller) (*Token, error) {
		member, err := c.store.member(ctx, c.store.reads, c.workspace, who)
		if err := by.maySee(member.ID, err, ManageMembers); err != nil {
			return nil, err
		}
		return c.store.developerToken(ctx, c.store.reads, member.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot show the developer token: %w", err)
	}
	return token, nil
}

func (s *Store) developerToken(ctx context.Context, from querier, memberID string) (*Token, error) {
	found, err := s.tokens(ctx, from, `WHERE t.member_id = $1 AND t.kind = 'developer' AND t.revoked_at IS NULL
		AND t.expires_at IS NULL`, memberID)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// LoginTokens returns a page of the tokens that a member, who is named by ID or email address, has from `lstk login`,
// the newest first: those before the ID before, which may be empty. It needs [ManageMembers], except for one's own.
func (c Scope) LoginTokens(ctx context.Context, who, before string) (Page[Token], error) {
	page, err := readAs(ctx, c, anyOf{own}, func(ctx context.Context, by caller) (Page[Token], error) {
		member, err := c.store.member(ctx, c.store.reads, c.workspace, who)
		if err := by.maySee(member.ID, err, ManageMembers); err != nil {
			return Page[Token]{}, err
		}
		rows, err := c.store.tokens(ctx, c.store.reads, `WHERE t.member_id = $1 AND t.revoked_at IS NULL
			AND t.expires_at > $2 AND t.id < $3 ORDER BY t.id DESC LIMIT $4`, member.ID, c.store.now().Unix(),
			beforeID(tokenPrefix, before), PageSize+1)
		return pageOf(rows, func(t Token) string { return t.ID }), err
	})
	if err != nil {
		return Page[Token]{}, fmt.Errorf("cannot list the tokens: %w", err)
	}
	return page, nil
}

// CreateMemberToken makes the developer token of a member, who is named by ID or email address: the member themselves,
// or anybody for the command line. The secret is the only copy. A member who has one resets it instead.
func (c Scope) CreateMemberToken(ctx context.Context, who string) (Token, credential.Secret, error) {
	return c.memberToken(ctx, "create", who, func(w *work, member Member, has *Token, secret string) (string, error) {
		if has != nil {
			return "", refuse(Conflict, "%s has a developer token already: reset it", member.Email)
		}
		id, err := w.addToken(Token{WorkspaceID: w.workspace, MemberID: member.ID, Kind: Developer}, secret)
		if err != nil {
			return "", err
		}
		return id, w.note("token.create", id, "developer token of "+member.Email)
	})
}

// ResetMemberToken replaces the developer token of a member, who is named by ID or email address: the member
// themselves, or anybody for the command line. Once it returns, the one before is refused. The secret is the only copy.
func (c Scope) ResetMemberToken(ctx context.Context, who string) (Token, credential.Secret, error) {
	return c.memberToken(ctx, "reset", who, func(w *work, member Member, has *Token, secret string) (string, error) {
		if has == nil {
			return "", refuse(Conflict, "%s has no developer token yet: create one", member.Email)
		}
		return has.ID, w.replaceToken(has.ID, secret, "developer token of "+member.Email)
	})
}

func (c Scope) memberToken(
	ctx context.Context, verb, who string, do func(*work, Member, *Token, string) (id string, err error),
) (token Token, secret credential.Secret, err error) {
	secret = mint(Developer)
	err = c.change(ctx, anyOf{own}, func(w *work) error {
		member, err := w.memberOf(who)
		if err := w.maySee(member.ID, err, operatorOnly); err != nil {
			return err
		}
		has, err := w.store.developerToken(ctx, w, member.ID)
		if err != nil {
			return err
		}
		id, err := do(w, member, has, secret.Reveal())
		if err == nil {
			token, err = w.tokenOf(id)
		}
		return err
	})
	if err != nil {
		return Token{}, credential.Secret{}, fmt.Errorf("cannot %s the developer token: %w", verb, err)
	}
	return token, secret, nil
}

// replaceToken replaces the secret of a token that is not revoked.
func (w *work) replaceToken(id, secret, detail string) error {
	rows, err := w.exec("UPDATE tokens SET hash = $1, hint = $2, rotated_at = $3 WHERE id = $4 AND revoked_at IS NULL",
		w.hash(secret), credential.Mask(secret), w.now.Unix(), id)
	if err == nil && rows == 0 {
		err = errRevoked()
	}
	if err != nil {
		return err
	}
	return w.note("token.rotate", id, detail)
}

// RevokeMemberToken revokes a token of a member for good, such as that of a lost laptop. It needs [ManageMembers],
// except for one's own. Nobody revokes one of a member who may do more than themselves.
func (c Scope) RevokeMemberToken(ctx context.Context, tokenID string) error {
	err := c.change(ctx, anyOf{own}, func(w *work) error {
		token, err := w.tokenOf(tokenID)
		if err == nil && token.MemberID == "" {
			err = errNoToken()
		}
		if err := w.maySee(token.MemberID, err, ManageMembers); err != nil {
			return err
		}
		member, err := w.memberOf(token.MemberID)
		if err != nil {
			return err
		}
		if !w.is(member.ID) {
			if err := w.mayChange(member); err != nil {
				return err
			}
		}
		return w.revokeToken(token)
	})
	if err != nil {
		return fmt.Errorf("cannot revoke the token: %w", err)
	}
	return nil
}

// revokeToken revokes a token, and frees its seat; a second time is no error.
func (w *work) revokeToken(token Token) error {
	rows, err := w.exec("UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", w.now.Unix(), token.ID)
	if err != nil || rows == 0 {
		return err
	}
	if err := w.freeSeat(token.ID); err != nil {
		return err
	}
	return w.note("token.revoke", token.ID, token.label())
}

// tokenOf returns a token of the workspace by its ID.
func (w *work) tokenOf(id string) (Token, error) {
	return w.store.tokenIn(w.ctx, w, w.workspace, id)
}

func (s *Store) tokenIn(ctx context.Context, from querier, workspace, id string) (Token, error) {
	if !hasForm(tokenPrefix, id) {
		return Token{}, errNoToken()
	}
	found, err := s.tokens(ctx, from, "WHERE t.workspace_id = $1 AND t.id = $2", workspace, id)
	if err == nil && len(found) == 0 {
		err = errNoToken()
	}
	if err != nil {
		return Token{}, err
	}
	return found[0], nil
}

// label is what errors and the audit log call a token.
func (t Token) label() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Hint
}

func errNoToken() error { return errUnknown("token") }
