package activate

import (
	"context"
	"errors"
	"slices"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
)

// Renew activates our own stored document again when half of the time is over
// that it holds without the server, so that a later start without network
// works. It asks once, for the next call is a better second attempt than a
// pause; and never for a new license, which could cost a credit. A CI Auth Token may
// pay for the request itself, and sends one in half of that time, whatever the answer.
// The license of an offline image needs no renewal.
//
// It says itself what there is to say: nothing that it finds is a reason to
// stop what runs. On a verdict against us the document is removed.
func (a *Activation) Renew(ctx context.Context) {
	stored := a.Store.Load(a.Credential).Documents
	i := slices.IndexFunc(stored, func(s Stored) bool { return s.Path == a.Store.ownPath() })
	if i < 0 || a.hasBuiltIn(stored) {
		return
	}
	document := stored[i].Document
	if !document.SignedWith(a.Credential.Reveal()) || time.Now().Before(document.RenewFrom()) {
		return
	}
	if a.Credential.IsCI() {
		document.Offline.Asked = &license.Time{Time: time.Now()}
		if err := a.Store.save(document, a.Credential); err != nil {
			a.Log.Debug("cannot note a renewal, nor store one: " + err.Error())
			return
		}
	}
	if a.Prepare != nil {
		a.Prepare(ctx, a)
	}
	ctx, cancel := context.WithTimeout(ctx, a.Config.ActivationTimeout.Duration())
	defer cancel()
	began := time.Now()
	got, err := a.post(ctx, pathActivate, document.ID)
	kept := false
	if err == nil {
		kept, err = a.accept(got)
	}
	failed, isFailed := fault.Find(err)
	if isFailed {
		failed = waited(failed, began, 1)
	}
	switch {
	case kept:
		a.Log.Info("Successfully renewed license " + describe(document))
	case failed == nil: // not stored, as accept has said
	case errors.Is(err, license.ErrNotFound):
		a.removeStored()
		a.Log.Warn("the licensing server no longer knows " + document.Name() + ": the next start requests a new license, " +
			"and fails unless one is assigned to this user or workspace. " + report.Remedy(failed))
	case errors.Is(err, license.ErrVerdict) && failed.ID != fault.LicenseRefused:
		a.removeStored()
		a.Log.Warn("the next start will fail: " + report.Reason(failed))
	default:
		a.Log.Warn(offlineTime(document) + ": " + report.Reason(failed))
	}
}

// hasBuiltIn reports whether an image for offline use brings a license that is good now.
func (a *Activation) hasBuiltIn(stored []Stored) bool {
	last := stored[len(stored)-1:]
	standIn, _ := a.StandIn(last)
	return a.Credential.IsOverride() && standIn != nil && standIn.Path == a.Store.root.BuiltInLicense()
}

func offlineTime(document license.Document) string {
	until := document.OfflineUntil()
	if time.Now().Before(until) {
		return "cannot renew the license; a start without network works only until " + license.FormatTime(until)
	}
	return "cannot renew the license; a start without network has not been possible since " + license.FormatTime(until)
}
