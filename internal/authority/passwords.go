package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// account is what a login needs to know of a member.
type account struct{ id, workspace, email, hash string }

// selectAccount selects the account of a member who is not removed.
const selectAccount = `SELECT id, workspace_id, email, coalesce(password_hash, '')
	FROM members WHERE removed_at IS NULL`

func readAccount(ctx context.Context, from querier, rest string, args ...any) (who account, err error) {
	err = from.QueryRowContext(ctx, selectAccount+" "+rest, args...).Scan(&who.id, &who.workspace, &who.email, &who.hash)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, nil
	}
	return who, err
}

// LogIn begins a session of the member with this email and password, and returns the secret of its cookie. client
// is the browser's name. A wrong password and an unknown email are the same [Refusal], after the same time;
// [password.ErrBusy] says that the server cannot check the password now. The caller limits how often somebody
// tries.
func (s *Store) LogIn(
	ctx context.Context, email string, typed credential.Secret, client string,
) (credential.Secret, error) {
	var who account
	if address, err := ReadEmail(email); err == nil {
		if who, err = readAccount(ctx, s.reads, "AND email = $1", address); err != nil {
			return credential.Secret{}, fmt.Errorf("cannot look up the account: %w", err)
		}
	}
	verdict, err := s.passwords.Verify(ctx, who.hash, typed)
	if err != nil {
		return credential.Secret{}, err
	}
	if !verdict.Right {
		return credential.Secret{}, s.verdict(ctx, errWrongLogin())
	}
	better := who.hash
	if verdict.Outdated {
		if better, err = s.passwords.Hash(ctx, typed); err != nil {
			return credential.Secret{}, err
		}
	}
	return s.enter(ctx, who, better, client)
}

// Join uses a one-time link: it sets the password of its member, and the name unless that is empty, and begins a
// session, as LogIn does. A link that cannot be used, or no longer, and a name or a password that cannot be used (the
// Field is "name" or "password") are a [Refusal].
func (s *Store) Join(
	ctx context.Context, link, typed credential.Secret, name, client string,
) (credential.Secret, error) {
	invite, err := s.OpenInvite(ctx, link)
	if err != nil {
		return credential.Secret{}, err
	}
	_, err = readOptionalName("member", name)
	if err = errors.Join(err, checkPassword(typed, invite.Member.Email)); err != nil {
		return credential.Secret{}, err
	}
	hash, err := s.passwords.Hash(ctx, typed)
	if err != nil {
		return credential.Secret{}, err
	}
	joined, err := s.AcceptInvite(ctx, link, hash, name)
	if err != nil {
		return credential.Secret{}, err
	}
	return s.enter(ctx, account{joined.ID, joined.WorkspaceID, joined.Email, hash}, hash, client)
}

// enter begins a session of an account whose password is right. hash replaces the one that was checked.
func (s *Store) enter(ctx context.Context, who account, hash, client string) (cookie credential.Secret, err error) {
	ctx = WithActor(ctx, Actor{ID: who.id, Name: who.email, Address: actorOf(ctx).Address})
	err = s.change(ctx, func(t *tx) error {
		if err := t.replaceHash(who, hash, errWrongLogin()); err != nil {
			return err
		}
		cookie, err = t.startSession(who, client)
		return err
	})
	if err != nil {
		return credential.Secret{}, err
	}
	s.tidier.tidy(s)
	return cookie, nil
}

// replaceHash stores another hash in place of the one that was checked. The password may have been changed, and the
// member removed, while it was checked: then it returns wrong.
func (t *tx) replaceHash(who account, hash string, wrong error) error {
	rows, err := t.exec(`UPDATE members SET password_hash = $1
		WHERE id = $2 AND password_hash = $3 AND removed_at IS NULL`, hash, who.id, who.hash)
	if err == nil && rows == 0 {
		return wrong
	}
	return err
}

func errWrongLogin() error { return refuse(NotAllowed, "the email address or the password is wrong") }

// SetPassword sets the password of a member and ends their sessions but the one with the ID except, which may be
// empty. A password that is not good enough is a [Refusal].
func (s *Store) SetPassword(ctx context.Context, memberID string, typed credential.Secret, except string) error {
	who, err := readAccount(ctx, s.reads, "AND id = $1", memberID)
	if err != nil {
		return fmt.Errorf("cannot look up the member: %w", err)
	}
	if who.id == "" {
		return refuse(NotFound, "there is no such member")
	}
	hash, err := s.hashPassword(ctx, who.email, typed)
	if err != nil {
		return err
	}
	return s.change(ctx, func(t *tx) error { return t.setPassword(who, hash, except) })
}

// ChangePassword sets the password of a member who knows the one that they have, and ends their sessions but the one
// with the ID except. A wrong current password (the Field is "current"), also of a member who has none, and a new one
// that is not good enough ("password") are a [Refusal]; [password.ErrBusy] says that the server cannot check it now.
// The caller limits how often somebody tries.
func (s *Store) ChangePassword(
	ctx context.Context, memberID string, current, typed credential.Secret, except string,
) error {
	who, err := readAccount(ctx, s.reads, "AND id = $1", memberID)
	if err != nil {
		return fmt.Errorf("cannot look up the member: %w", err)
	}
	verdict, err := s.passwords.Verify(ctx, who.hash, current)
	if err != nil {
		return err
	}
	if !verdict.Right {
		return s.verdict(ctx, errWrongPassword())
	}
	hash, err := s.hashPassword(ctx, who.email, typed)
	if err != nil {
		return err
	}
	return s.change(ctx, func(t *tx) error {
		if err := t.replaceHash(who, hash, errWrongPassword()); err != nil {
			return err
		}
		return t.passwordChanged(who, except)
	})
}

func errWrongPassword() error {
	return invalid("current", "this is not the password that you have now")
}

// hashPassword returns the hash of a new password of the member with this email. It takes tens of milliseconds and is
// not for a transaction. A password that is not good enough is a [Refusal].
func (s *Store) hashPassword(ctx context.Context, email string, typed credential.Secret) (string, error) {
	if err := checkPassword(typed, email); err != nil {
		return "", err
	}
	return s.passwords.Hash(ctx, typed)
}

// checkPassword returns a [Refusal] if a new password of the member with this email is not good enough.
func checkPassword(typed credential.Secret, email string) error {
	if err := password.Check(typed, email); err != nil {
		return invalid("password", "%s", err)
	}
	return nil
}

// setPassword stores the hash of a member's new password, and ends their sessions but one.
func (t *tx) setPassword(who account, hash, except string) error {
	rows, err := t.exec("UPDATE members SET password_hash = $1 WHERE id = $2 AND removed_at IS NULL", hash, who.id)
	if err == nil && rows == 0 {
		err = refuse(NotFound, "there is no such member")
	}
	if err != nil {
		return err
	}
	return t.passwordChanged(who, except)
}

// passwordChanged does what comes with a new password: it ends the member's sessions but one.
func (t *tx) passwordChanged(who account, except string) error {
	if _, err := t.endSessions(who.id, except); err != nil {
		return err
	}
	return t.audit(Event{Workspace: who.workspace, Action: "member.password", Subject: who.id})
}
