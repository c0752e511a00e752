package authority

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"
)

// Whoever gives up a change is told so in one sentence, without what the database says of a transaction that has ended.
func TestAChangeThatIsGivenUpHasOneReason(t *testing.T) {
	onBoth(t, func(l *logins) {
		ctx, cancel := context.WithTimeout(l.ctx, writeWait)
		defer cancel()
		reason := errors.New("it took too long")
		err := l.store.change(ctx, func(t *tx) error {
			cancel()
			for { // until package sql has rolled the transaction back
				if _, err := t.ExecContext(context.Background(), "SELECT 1"); errors.Is(err, sql.ErrTxDone) {
					return reason
				}
				time.Sleep(time.Millisecond)
			}
		})
		if err == nil || err.Error() != reason.Error() {
			l.Errorf("the error is %v", err)
		}
	})
}
