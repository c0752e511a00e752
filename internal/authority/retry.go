package authority

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// maxAttempts bounds how often something is tried: after a restart of PostgreSQL, all connections of a pool are broken,
// and each is noticed by its use.
const maxAttempts = 3

// Codes of PostgreSQL: see its manual, appendix A.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	// shuttingDown begins the codes of a server that stops or starts.
	shuttingDown = "57P"
)

// isLost reports whether an error says that a connection to PostgreSQL broke, or that there is none. What was asked
// last may have been done.
func isLost(err error) bool {
	if failed, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(failed.Code, shuttingDown)
	}
	_, isNet := errors.AsType[*net.OpError](err)
	return isNet || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn)
}

// isConflict reports whether PostgreSQL has undone a transaction because of another one.
func isConflict(err error) bool {
	failed, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (failed.Code == deadlockDetected || failed.Code == serializationFailure)
}

// inTx runs do in a transaction, and rolls it back if do fails. do is run again if the transaction is known to be
// undone because a connection broke, or because of another transaction.
func inTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	for attempt := 1; ; attempt++ {
		isUndone, err := tryTx(ctx, db, do)
		if err == nil || !isUndone || !isLost(err) && !isConflict(err) || attempt == maxAttempts || ctx.Err() != nil {
			return err
		}
	}
}

// tryTx is one attempt. isUndone is false where a commit failed, which may have been done.
func tryTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) (isUndone bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return true, err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // it fails only where the transaction is undone already, and err says why
		return true, err
	}
	return false, tx.Commit()
}
