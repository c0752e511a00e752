package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"localstack-entrypoint/internal/credential"
)

// Identity is a person as an OIDC provider knows them.
type Identity struct {
	// Issuer and Subject name the person for ever: a provider gives a subject to no other person (OpenID Connect Core,
	// section 2).
	Issuer, Subject string
	// Email is their address, which may change and be given to another person; empty if the provider does not say it.
	Email string
	// EmailVerified reports whether the provider has checked that the address is theirs.
	EmailVerified bool
}

// maxSubject is the longest subject (OpenID Connect Core, section 2), in bytes.
const maxSubject = 255

// EnterWith begins a session of the member with an identity, who has just proved it to the provider, and returns the
// secret of the cookie, as LogIn does. The first time, it is the member with the verified email address who gets the
// identity, and joins. An identity that belongs to no member is a [Refusal]. [WithForm] makes a login count once.
func (s *Store) EnterWith(ctx context.Context, proved Identity, client string) (cookie credential.Secret, err error) {
	err = s.change(ctx, func(t *tx) error {
		who, err := t.identified(proved)
		if err == nil && who.id == "" {
			who, err = t.identify(proved)
		}
		if err != nil {
			return err
		}
		t = t.as(actorFor(ctx, who))
		if err := t.sendForm(); err != nil {
			return err
		}
		cookie, err = t.startSession(who, client)
		return err
	})
	if err != nil {
		return credential.Secret{}, fmt.Errorf("cannot log in with the provider: %w", err)
	}
	s.tidier.tidy(s)
	return cookie, nil
}

// UnlinkMember forgets the identity of a member, who is named by ID or email address, so that another account of the
// provider can be theirs, and ends their sessions. It needs [ManageMembers]; nobody does it for a member who may do
// more than themselves.
func (c Scope) UnlinkMember(ctx context.Context, who string) error {
	err := c.manage(ctx, who, func(w *work, member Member) error {
		rows, err := w.exec(`UPDATE members SET oidc_issuer = NULL, oidc_subject = NULL
			WHERE id = $1 AND oidc_issuer IS NOT NULL`, member.ID)
		if err == nil && rows == 0 {
			err = refuse(NotFound, "%s has no account of an OIDC provider", member.Email)
		}
		if err == nil {
			_, err = w.endSessions(member.ID, "")
		}
		if err != nil {
			return err
		}
		return w.note("member.unlink", member.ID, member.Email)
	})
	if err != nil {
		return fmt.Errorf("cannot forget the account: %w", err)
	}
	return nil
}

// actorFor is the member of an account, at the address of who acts in a context.
func actorFor(ctx context.Context, who account) Actor {
	return Actor{ID: who.id, Name: who.email, Address: actorOf(ctx).Address}
}

// identified locks the member with an identity, and returns their account; the zero account if there is none.
func (t *tx) identified(proved Identity) (who account, err error) {
	if len(proved.Issuer) == 0 || len(proved.Subject) == 0 || len(proved.Subject) > maxSubject ||
		!isText(proved.Issuer) || !isText(proved.Subject) {
		return account{}, refuse(Invalid, "the provider did not say who you are")
	}
	err = t.QueryRowContext(t.ctx, `UPDATE members SET joined_at = coalesce(joined_at, $1)
		WHERE oidc_issuer = $2 AND oidc_subject = $3 AND removed_at IS NULL RETURNING id, workspace_id, email`,
		t.now.Unix(), proved.Issuer, proved.Subject).Scan(&who.id, &who.workspace, &who.email)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, nil
	}
	return who, err
}

// identify gives an identity to the member with its email address, and returns their account. They join by that, and
// need no link any more.
func (t *tx) identify(proved Identity) (account, error) {
	who, err := t.accountFor(proved)
	if err != nil {
		return account{}, err
	}
	// A member who is being removed, or who gets a new link, is waited for.
	if _, err := t.lockWorkspace(who.workspace); err != nil {
		return account{}, err
	}
	rows, err := t.exec(`UPDATE members SET oidc_issuer = $1, oidc_subject = $2, joined_at = coalesce(joined_at, $3)
		WHERE id = $4 AND oidc_issuer IS NULL AND removed_at IS NULL`,
		proved.Issuer, proved.Subject, t.now.Unix(), who.id)
	if err != nil {
		return account{}, err
	}
	if rows == 0 {
		return t.identifiedMeanwhile(proved, who)
	}
	if _, err := t.exec("DELETE FROM invites WHERE member_id = $1", who.id); err != nil {
		return account{}, err
	}
	t = t.as(actorFor(t.ctx, who))
	return who, t.audit(Event{Workspace: who.workspace, Action: "member.identity", Subject: who.id,
		Detail: proved.Issuer + ", " + proved.Subject})
}

// accountFor returns the account of the member with the email address of an identity.
func (t *tx) accountFor(proved Identity) (account, error) {
	if proved.Email == "" {
		return account{}, refuse(NotAllowed,
			"your first login needs your email address, and the provider did not send it: ask whoever manages the provider")
	}
	address, err := ReadEmail(proved.Email)
	if err != nil {
		return account{}, refuse(NotAllowed, "the provider sent an email address that no member can have")
	}
	if !proved.EmailVerified {
		return account{}, refuse(NotAllowed, "your first login needs a verified email address, and the provider does not "+
			"say that %s is verified: verify it there, or ask whoever manages the provider", address)
	}
	who, err := readAccount(t.ctx, t, "AND email = $1", address)
	if err == nil && who.id == "" {
		err = refuse(NotAllowed, "no member here has the address %s: ask an Admin to invite you", address)
	}
	if err != nil {
		return account{}, err
	}
	return who, t.checkTrusted(who)
}

// checkTrusted returns an error if somebody has signed up for the workspace of an account: its Admin, who may be
// anybody, wrote the email address, and maybe chose the password.
func (t *tx) checkTrusted(who account) error {
	signedUp, err := exists(t.ctx, t, "SELECT 1 FROM workspaces WHERE id = $1 AND signed_up = 1", who.workspace)
	if err == nil && signedUp {
		err = refuse(NotAllowed, "the account of %s is in a workspace that somebody has signed up for: log in with "+
			"its password", who.email)
	}
	return err
}

// identifiedMeanwhile is identified for a member who could not be given an identity: they have got the same one at the
// same time, or have another one.
func (t *tx) identifiedMeanwhile(proved Identity, with account) (account, error) {
	who, err := t.identified(proved)
	if err == nil && who.id == "" {
		err = refuse(NotAllowed, "the member %s has another account of the provider: ask an Admin", with.email)
	}
	return who, err
}
