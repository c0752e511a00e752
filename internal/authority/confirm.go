package authority

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// confirmUnknown returns an error unless it is certain that nobody has a token.
func (s *Store) confirmUnknown(ctx context.Context, text string) error {
	return s.confirm(ctx, func(from querier) error {
		switch known, err := exists(ctx, from, "SELECT 1 FROM tokens WHERE hash = $1 AND revoked_at IS NULL AND "+
			"(expires_at IS NULL OR expires_at > $2)", s.hash(text), s.now().Unix()); {
		case err != nil:
			return err
		case known:
			return fmt.Errorf("%s has changed meanwhile", s.name)
		}
		has, err := exists(ctx, from, "SELECT 1 FROM tokens")
		switch {
		case err != nil:
			return err
		case !has:
			return fmt.Errorf("%s has no tokens", s.name)
		}
		return s.checkLicenses(ctx, from)
	})
}

// confirmUnlicensed returns an error unless it is certain that a token that was found never had a license. A license is
// never deleted, and a token is only used with one.
func (s *Store) confirmUnlicensed(ctx context.Context, token *Token) error {
	if token.LastUsed != nil {
		return errLostRows(s.name, "licenses")
	}
	return s.confirm(ctx, func(from querier) error {
		switch known, err := exists(ctx, from, "SELECT 1 FROM licenses WHERE coalesce(member_id, token_id) = $1",
			cmp.Or(token.MemberID, token.ID)); {
		case err != nil:
			return err
		case known:
			return fmt.Errorf("%s has changed meanwhile", s.name)
		}
		return s.checkLicenses(ctx, from)
	})
}

// confirm returns an error unless check, which reads again what a verdict depends on, finds it so in the authority's
// own database.
//
// SQLite does not notice that its file is overwritten, and may have some of the pages in memory. So all is read again,
// and the key's check last, since a file that is being overwritten has its first pages, with that, before the others.
// In PostgreSQL all is one moment: otherwise a restore could put the rows in place between two questions.
func (s *Store) confirm(ctx context.Context, check func(querier) error) error {
	if err := s.verification.wait(ctx); err != nil {
		return err
	}
	done, err := s.doubts.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	if !s.isSQLite() {
		return s.confirmAtOnce(ctx, check)
	}
	conn, err := s.reads.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := s.forgetPages(ctx, conn); err != nil {
		return err
	}
	if err := check(conn); err != nil {
		return err
	}
	if err := s.forgetPages(ctx, conn); err != nil {
		return err
	}
	return s.checkKey(ctx, conn)
}

// forgetPages has SQLite read its file again.
func (s *Store) forgetPages(ctx context.Context, conn *sql.Conn) error {
	if !s.isSQLite() {
		return nil
	}
	_, err := conn.ExecContext(ctx, "PRAGMA shrink_memory")
	return err
}

// confirmAtOnce is confirm on PostgreSQL. A standby may be behind, and so it cannot tell what is not there.
func (s *Store) confirmAtOnce(ctx context.Context, check func(querier) error) error {
	moment, err := s.reads.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = moment.Rollback() }() // it has changed nothing
	var isStandby bool
	if err := moment.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&isStandby); err != nil {
		return err
	}
	if isStandby {
		return errors.New(s.name + " is a standby, and may not have the last changes")
	}
	if err := check(moment); err != nil {
		return err
	}
	return s.checkKey(ctx, moment)
}
