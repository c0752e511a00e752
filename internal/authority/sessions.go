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
	sessionPrefix = "session_"

	// SessionIdle is how long a session lives without being used.
	SessionIdle = 12 * time.Hour
	// SessionLife is how long any session lives.
	SessionLife = 7 * 24 * time.Hour
	// sessionNote is how old the noted time of the last use may be: not every request of a page has to be written.
	sessionNote = time.Minute
	// sessionKept is how long the row of a session is kept after its end.
	sessionKept = 30 * 24 * time.Hour
	// maxSessions is how many sessions a member has; the oldest ones end.
	maxSessions = 50
)

// Session is a login of a member in a browser, without the secret of its cookie.
type Session struct {
	// ID is "session_" and a UUID.
	ID          string `json:"id"`
	WorkspaceID string `json:"workspace_id"`
	MemberID    string `json:"member_id"`
	Email       string `json:"email"`
	// Address and Client are the browser's network address and its name, when the session began.
	Address string `json:"address"`
	Client  string `json:"client"`

	Created time.Time `json:"created"`
	// LastUsed is up to a minute older than the last use.
	LastUsed time.Time `json:"last_used"`
	// Expires is when the session ends, used or not.
	Expires time.Time `json:"expires"`
}

// selectSessions selects the sessions that go on at $1; $2 is SessionIdle earlier.
const selectSessions = `
	SELECT s.id, m.workspace_id, m.id, m.email, s.address, s.client, s.created_at, s.last_used_at, s.expires_at
	FROM sessions s JOIN members m ON m.id = s.member_id
	WHERE s.ended_at IS NULL AND s.expires_at > $1 AND s.last_used_at > $2 AND m.removed_at IS NULL`

// Session returns the session of a cookie, and notes its use some time later; nil if there is none, or no longer.
func (s *Store) Session(ctx context.Context, cookie credential.Secret) (*Session, error) {
	found, err := s.readSessions(ctx, "AND s.hash = $3", s.hash(cookie.Reveal()))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	session := found[0]
	if now := s.now(); now.Sub(session.LastUsed) >= sessionNote {
		s.notes.add(use{session: session.ID}, now, nil)
	}
	return &session, nil
}

// Sessions returns the sessions of a member, the newest first; those of all members if memberID is empty.
func (s *Store) Sessions(ctx context.Context, memberID string) ([]Session, error) {
	const order = " ORDER BY s.created_at DESC, s.id DESC"
	if memberID == "" {
		return s.readSessions(ctx, order)
	}
	return s.readSessions(ctx, "AND s.member_id = $3"+order, memberID)
}

func (s *Store) readSessions(ctx context.Context, rest string, args ...any) ([]Session, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	now := s.now()
	args = append([]any{now.Unix(), now.Add(-SessionIdle).Unix()}, args...)
	found, err := inTurn(ctx, s, func() ([]Session, error) {
		if err := s.checkFile(); err != nil {
			return nil, err
		}
		rows, err := s.reads.QueryContext(ctx, selectSessions+" "+rest, args...)
		return collect(rows, err, scanSession)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the sessions: %w", err)
	}
	return found, nil
}

func scanSession(rows *sql.Rows) (one Session, err error) {
	var created, used, expires int64
	err = rows.Scan(&one.ID, &one.WorkspaceID, &one.MemberID, &one.Email, &one.Address, &one.Client,
		&created, &used, &expires)
	one.Created, one.LastUsed, one.Expires = moment(created), moment(used), moment(expires)
	return one, err
}

// startSession begins a session of a locked member who has just proved who they are, and returns the secret of its
// cookie. It is always a new one: a cookie that somebody has put into the browser before does not become theirs.
func (t *tx) startSession(who account, client string) (credential.Secret, error) {
	_, err := t.exec(`UPDATE sessions SET ended_at = $1 WHERE member_id = $2 AND ended_at IS NULL AND id NOT IN
		(SELECT id FROM sessions WHERE member_id = $2 AND ended_at IS NULL ORDER BY id DESC LIMIT $3)`,
		t.now.Unix(), who.id, maxSessions-1)
	if err != nil {
		return credential.Secret{}, err
	}
	secret, id := randomSecret(), newID(sessionPrefix)
	_, err = t.exec(`INSERT INTO sessions (id, hash, member_id, address, client, created_at, last_used_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`, id, t.hash(secret.Reveal()), who.id, actorOf(t.ctx).Address,
		plainText(client, maxClient), t.now.Unix(), t.now.Add(SessionLife).Unix())
	if err != nil {
		return credential.Secret{}, err
	}
	return secret, t.audit(Event{Workspace: who.workspace, Action: "session.start", Subject: id})
}

// EndSession ends a session of a member; of any member if memberID is empty. A session that has ended, or that is not
// the member's, is a [Refusal].
func (s *Store) EndSession(ctx context.Context, memberID, id string) error {
	err := s.change(ctx, func(t *tx) error {
		if !isText(id) {
			return errNoSession()
		}
		var workspace string
		err := t.QueryRowContext(t.ctx, `UPDATE sessions SET ended_at = $1
			WHERE id = $2 AND ended_at IS NULL AND expires_at > $1 AND (member_id = $3 OR CAST($3 AS TEXT) = '')
			RETURNING (SELECT workspace_id FROM members WHERE members.id = sessions.member_id)`,
			t.now.Unix(), id, memberID).Scan(&workspace)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoSession()
		}
		if err != nil {
			return err
		}
		return t.audit(Event{Workspace: workspace, Action: "session.end", Subject: id})
	})
	if err != nil {
		return fmt.Errorf("cannot end the session: %w", err)
	}
	return nil
}

func errNoSession() error {
	return without("session", NotFound, "there is no such session, or it has ended already")
}

// EndSessions ends all sessions of a member but the one with the ID except, which may be empty. It returns how many
// it has ended.
func (s *Store) EndSessions(ctx context.Context, memberID, except string) (ended int64, err error) {
	err = s.change(ctx, func(t *tx) error {
		ended, err = t.endSessions(memberID, except)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("cannot end the sessions: %w", err)
	}
	return ended, nil
}

// endSessions is EndSessions in a transaction, such as the one that removes the member.
func (t *tx) endSessions(memberID, except string) (int64, error) {
	if err := t.lockMember(memberID); err != nil {
		return 0, err
	}
	ended, err := t.exec(`UPDATE sessions SET ended_at = $1
		WHERE member_id = $2 AND id <> $3 AND ended_at IS NULL AND expires_at > $1`, t.now.Unix(), memberID, except)
	if err != nil || ended == 0 {
		return 0, err
	}
	var workspace string
	err = t.QueryRowContext(t.ctx, "SELECT workspace_id FROM members WHERE id = $1", memberID).Scan(&workspace)
	if err != nil {
		return 0, err
	}
	return ended, t.audit(Event{Workspace: workspace, Action: "session.end-all", Subject: memberID,
		Detail: fmt.Sprintf("%d sessions", ended)})
}
