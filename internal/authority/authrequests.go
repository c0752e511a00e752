package authority

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"localstack-entrypoint/internal/credential"
)

const (
	loginPrefix = "login_"

	// LoginLife is how long a login of a command-line client may take.
	LoginLife = 10 * time.Minute
	// bearerLife is how long the client may take to fetch its token then.
	bearerLife = 2 * time.Minute
	// unusedLife is how long a token of such a login lives without being used.
	unusedLife = 90 * 24 * time.Hour
	// loginKept is how long the row of a login is kept, so that its page can say what has become of it.
	loginKept = 24 * time.Hour

	// mostOpenHere and mostOpen bound the logins that nobody has decided, of one address, which colleagues may share,
	// and of all.
	mostOpenHere, mostOpen = 100, 10_000
	// maxTokenClient is how much of the client's name the name of a token has, in bytes.
	maxTokenClient = 60

	codeLetters = "BCDFGHJKLMNPQRSTVWXZ" // of RFC 8628, section 6.1: no vowels, and nothing that looks like a digit
)

// LoginState is what has become of an [AuthRequest].
type LoginState string

// An open request is waiting for a member. An exchanged one was confirmed, and its client has used that.
const (
	LoginOpen      LoginState = "open"
	LoginConfirmed LoginState = "confirmed"
	LoginDenied    LoginState = "denied"
	LoginExchanged LoginState = "exchanged"
	LoginExpired   LoginState = "expired"
)

// AuthRequest is a login that a command-line client asks for, and that a member confirms in a browser.
type AuthRequest struct {
	ID string
	// Code is what client and browser both show.
	Code string
	// Client is what the client calls itself, Address where it asks from.
	Client, Address  string
	Created, Expires time.Time
	State            LoginState
	// MemberID is who has confirmed or denied it; empty before.
	MemberID string
}

// ErrTooManyLogins says that too many logins are waiting for a member.
var ErrTooManyLogins = errors.New("too many logins are waiting to be confirmed")

// RequestLogin begins a login of a client, and returns the secret with which the client asks for its result. The
// actor's address in the context is the client's.
func (s *Store) RequestLogin(ctx context.Context, client string) (AuthRequest, credential.Secret, error) {
	secret, code := randomSecret(), pick(codeLetters, 4)+"-"+pick(codeLetters, 4)
	made := AuthRequest{
		ID: newID(loginPrefix), Code: code, Client: plainText(client, maxClient), Address: actorOf(ctx).Address,
		State: LoginOpen,
	}
	err := s.change(ctx, func(t *tx) error {
		made.Created, made.Expires = t.now, t.now.Add(LoginLife)
		if err := t.checkOpen(made.Address); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO auth_requests (id, code, client, address, exchange_hash, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, made.ID, made.Code, made.Client, made.Address, t.hash(secret.Reveal()),
			made.Created.Unix(), made.Expires.Unix())
		return err
	})
	if err != nil {
		return AuthRequest{}, credential.Secret{}, fmt.Errorf("cannot begin a login: %w", err)
	}
	s.tidier.tidy(s)
	return made, secret, nil
}

// checkOpen returns [ErrTooManyLogins] if too many logins are open.
func (t *tx) checkOpen(address string) error {
	var all, here int
	err := t.QueryRowContext(t.ctx, `SELECT count(*), count(CASE WHEN address = $1 THEN 1 END) FROM auth_requests
		WHERE expires_at > $2 AND confirmed_at IS NULL AND denied_at IS NULL`, address, t.now.Unix()).Scan(&all, &here)
	if err == nil && (all >= mostOpen || here >= mostOpenHere) {
		err = ErrTooManyLogins
	}
	return err
}

const selectLogin = `SELECT id, code, client, address, created_at, expires_at, coalesce(member_id, ''),
	confirmed_at, denied_at, exchanged_at FROM auth_requests WHERE id = $1`

// Login returns the login with this ID; nil if there is none.
func (s *Store) Login(ctx context.Context, id string) (*AuthRequest, error) {
	return s.login(ctx, id, "")
}

// LoginOf returns the login with this ID for its client, which proves itself by its secret; nil if there is none.
func (s *Store) LoginOf(ctx context.Context, id string, exchange credential.Secret) (*AuthRequest, error) {
	return s.login(ctx, id, " AND exchange_hash = $2", s.hash(exchange.Reveal()))
}

func (s *Store) login(ctx context.Context, id, also string, args ...any) (*AuthRequest, error) {
	if !isText(id) {
		return nil, nil
	}
	args = append([]any{id}, args...)
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	found, err := inTurn(ctx, s, func() (*AuthRequest, error) {
		if err := s.check(ctx); err != nil {
			return nil, err
		}
		return scanLogin(s.reads.QueryRowContext(ctx, selectLogin+also, args...), s.now())
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the login: %w", err)
	}
	return found, nil
}

func scanLogin(row *sql.Row, now time.Time) (*AuthRequest, error) {
	var found AuthRequest
	var created, expires int64
	var confirmed, denied, exchanged sql.NullInt64
	err := row.Scan(&found.ID, &found.Code, &found.Client, &found.Address, &created, &expires, &found.MemberID,
		&confirmed, &denied, &exchanged)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	found.Created, found.Expires = moment(created), moment(expires)
	switch {
	case denied.Valid:
		found.State = LoginDenied
	case exchanged.Valid:
		found.State = LoginExchanged
	case !now.Before(found.Expires):
		found.State = LoginExpired
	case confirmed.Valid:
		found.State = LoginConfirmed
	default:
		found.State = LoginOpen
	}
	return &found, err
}

// ConfirmLogin lets the client of a login act for the member in whose session it is confirmed. It reports whether
// it was this call that decided: the login was open, and the code its own.
func (s *Store) ConfirmLogin(ctx context.Context, id, code string, by Session) (bool, error) {
	return s.decideLogin(ctx, "confirmed_at", "login.confirm", id, code, by)
}

// DenyLogin is ConfirmLogin for a login that the member does not want.
func (s *Store) DenyLogin(ctx context.Context, id, code string, by Session) (bool, error) {
	return s.decideLogin(ctx, "denied_at", "login.deny", id, code, by)
}

func (s *Store) decideLogin(
	ctx context.Context, column, action, id, code string, by Session,
) (decided bool, err error) {
	if !isText(id) || !isText(code) {
		return false, nil
	}
	err = s.change(ctx, func(t *tx) error {
		var client string
		err := t.QueryRowContext(t.ctx, `UPDATE auth_requests SET member_id = $1, `+column+` = $2
			WHERE id = $3 AND code = $4 AND confirmed_at IS NULL AND denied_at IS NULL AND expires_at > $2
			AND EXISTS (SELECT 1 FROM members WHERE members.id = $1 AND removed_at IS NULL) RETURNING client`,
			by.MemberID, t.now.Unix(), id, code).Scan(&client)
		decided = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.audit(Event{Workspace: by.WorkspaceID, Action: action, Subject: id, Detail: client})
	})
	if err != nil {
		return false, fmt.Errorf("cannot decide about the login: %w", err)
	}
	return decided, nil
}

// ExchangeLogin ends a confirmed login, and returns the secret with which its client may fetch one token. Whatever
// prevents it is a [Refusal], also a second call.
func (s *Store) ExchangeLogin(ctx context.Context, id string, exchange credential.Secret) (credential.Secret, error) {
	bearer := randomSecret()
	err := s.change(ctx, func(t *tx) error {
		if !isText(id) {
			return refuse(NotFound, "there is no such login")
		}
		rows, err := t.exec(`UPDATE auth_requests SET exchanged_at = $1, bearer_hash = $2, bearer_expires_at = $3
			WHERE id = $4 AND exchange_hash = $5 AND expires_at > $1
			AND confirmed_at IS NOT NULL AND denied_at IS NULL AND exchanged_at IS NULL`,
			t.now.Unix(), t.hash(bearer.Reveal()), t.now.Add(bearerLife).Unix(), id, t.hash(exchange.Reveal()))
		if err == nil && rows == 0 {
			err = refuse(NotAllowed, "the login is not confirmed, or it was used before")
		}
		return err
	})
	if err != nil {
		return credential.Secret{}, fmt.Errorf("cannot exchange the login: %w", err)
	}
	return bearer, nil
}

// LoginToken makes the token of a login, for which a bearer of [Store.ExchangeLogin] is good once. The token is the
// member's, beside the ones that they have, and ends when it is not used for 90 days. Whatever prevents it is a
// [Refusal].
func (s *Store) LoginToken(ctx context.Context, bearer credential.Secret) (credential.Secret, error) {
	secret := mint(Developer)
	err := s.change(ctx, func(t *tx) error {
		hash := t.hash(bearer.Reveal())
		var member, client string
		err := t.QueryRowContext(ctx, "SELECT member_id, client FROM auth_requests WHERE bearer_hash = $1", hash).
			Scan(&member, &client)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		// Before the login, as whoever removes the member does: each would wait for the other one.
		if err := t.lockMember(member); err != nil {
			return err
		}
		rows, err := t.exec(`UPDATE auth_requests SET bearer_used_at = $1
			WHERE bearer_hash = $2 AND bearer_expires_at > $1 AND bearer_used_at IS NULL AND denied_at IS NULL`,
			t.now.Unix(), hash)
		if err == nil && rows == 0 {
			err = refuse(NotAllowed, "the login has expired, or its token was fetched before")
		}
		if err != nil {
			return err
		}
		return t.insertLoginToken(member, plainText(client, maxTokenClient)+t.now.UTC().Format(", 2006-01-02 15:04"), secret)
	})
	if err != nil {
		return credential.Secret{}, fmt.Errorf("cannot make the token of the login: %w", err)
	}
	return secret, nil
}

// lockMember lets no other transaction change the member until this one ends: what it adds must not outlive a member
// who is being removed. It is not by the ID, to which SQLite would look for references in all tables.
func (t *tx) lockMember(id string) error {
	_, err := t.exec("UPDATE members SET name = name WHERE id = $1", id)
	return err
}

// insertLoginToken adds the token of a login to a member who is locked.
func (t *tx) insertLoginToken(memberID, name string, secret credential.Secret) error {
	who, err := readAccount(t.ctx, t, "AND id = $1", memberID)
	if err == nil && who.id == "" {
		err = refuse(NotAllowed, "the member who confirmed the login was removed")
	}
	if err != nil {
		return err
	}
	expires := t.now.Add(unusedLife)
	id, err := t.addToken(Token{WorkspaceID: who.workspace, MemberID: who.id, Kind: Developer, Name: name,
		Expires: &expires}, secret.Reveal())
	if err != nil {
		return err
	}
	actor := Actor{ID: who.id, Name: who.email, Address: actorOf(t.ctx).Address}
	return t.as(actor).audit(Event{Workspace: who.workspace, Action: "token.create", Subject: id, Detail: name})
}

// as is the transaction with another actor.
func (t *tx) as(actor Actor) *tx {
	other := *t
	other.ctx = WithActor(t.ctx, actor)
	return &other
}
