package authority

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
)

// tx is a transaction that changes something, and its moment.
type tx struct {
	*sql.Tx
	ctx context.Context
	key []byte
	now time.Time
}

// changeWait bounds a change of a database that does not answer.
const changeWait = 10 * time.Second

// change runs do in a transaction, and rolls it back if do fails. What a member or the command line changes has a row
// of the audit log. do may be run more than once.
func (s *Store) change(ctx context.Context, do func(*tx) error) error {
	if err := s.checkFile(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, changeWait)
	defer cancel()
	return s.verdict(ctx, s.changeWith(bounded, s.key, do))
}

// verdict returns err, unless it is a [Refusal] by a database that is no longer the authority's: what is not in
// that is not known.
func (s *Store) verdict(ctx context.Context, err error) error {
	if _, ok := errors.AsType[Refusal](err); ok {
		if unknown := s.check(ctx); unknown != nil {
			return unknown
		}
	}
	return err
}

func (s *Store) changeWith(ctx context.Context, key []byte, do func(*tx) error) error {
	return inTx(ctx, s.writes, func(inner *sql.Tx) error {
		return do(&tx{Tx: inner, ctx: ctx, key: key, now: s.now()})
	})
}

// exec carries out a statement, and returns how many rows it changed.
func (t *tx) exec(query string, args ...any) (rows int64, err error) {
	result, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// hash is what the database keeps of a secret.
func (t *tx) hash(secret string) string { return keyedHash(t.key, secret) }

// lockWorkspace lets no other transaction with this workspace locked go on until this one ends. It reports whether
// the workspace exists. An update locks on both databases.
func (t *tx) lockWorkspace(id string) (bool, error) {
	// Not the ID: SQLite would look for references to it in all tables.
	rows, err := t.exec("UPDATE workspaces SET name = name WHERE id = $1", id)
	return rows == 1, err
}

// newID is a new ID with the prefix of its kind. Those made later come later in the order of texts, so that lists
// have an order within one second.
func newID(prefix string) string { return prefix + uuid.Must(uuid.NewV7()).String() } // fails only without randomness
