package activate

import (
	"context"
	"errors"
	"slices"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// Renew activates the stored document again when half of the time is over that
// it holds without the server, so that a later start without network works. It
// asks once; the next call is a better second attempt than a pause. Without a
// stored document there is nothing to renew.
//
// It says itself what there is to say: nothing that it finds is a reason to
// stop what runs. On the server's verdict against us the document is removed.
func (a *Activation) Renew(ctx context.Context) {
	stored := a.Store.Load()
	isFresh := func(s Stored) bool { return time.Now().Before(s.Document.RenewFrom()) }
	if len(stored) == 0 || slices.ContainsFunc(stored, isFresh) {
		return
	}
	online, cancel := context.WithTimeout(ctx, a.Config.ActivationTimeout.Duration())
	defer cancel()
	_, document, err := a.online(online, stored, true)
	failed, _ := fault.Find(err)
	switch {
	case err == nil:
		a.Log.Info("Successfully renewed license " + describe(document))
	case failed == nil: // ctx has ended
	case errors.Is(err, errVerdict):
		a.forget()
		a.Log.Warn("the next start will fail: " + failed.Reason())
	default:
		a.Log.Warn("a start without network works until " + license.Time{Time: stored[0].Document.OfflineUntil()}.String() +
			" only: " + failed.Reason())
	}
}
