package activate

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/waiting"
)

// Run obtains the license. The error is a [fault.Error] that says why there is
// none; when ctx ends, it is ctx's cause. A start of a loop that the server
// refuses again and again waits first; so that it can, [Activation.SaveRefusal]
// has to follow.
func (a *Activation) Run(ctx context.Context) error {
	a.refusal = nil
	found := a.look()
	if a.asksNobody(found) {
		a.use(found, nil)
		return nil
	}
	loop, noted := a.LastRefusal()
	if !loop.isLoop(time.Now()) {
		loop = RefusalNote{}
	}
	waited, err := a.waitAfterRefusals(ctx, loop)
	if err != nil {
		return err
	}
	if waited {
		found = a.look()
	}
	_, err = a.obtain(ctx, found)
	switch failed, _ := fault.Find(err); {
	case isRefusal(err):
		note := loop.next(a.question(), failed, time.Now())
		a.refusal = &note
		return failed.With(fault.Facts{Refused: fault.Repetition{Times: note.Times, Since: note.Since}})
	case noted && ctx.Err() == nil:
		a.removeRefusal()
	}
	return err
}

// Rehearse finds out how Run would end now, and changes nothing on disk.
//
// A CI Auth Token pays a credit for a license, and so may a legacy key, which
// can be one for CI. Unless spend is true, the server is then only asked to
// activate a license that nobody has: it judges the credential first, and the
// Result has no document. Where Run would send no request, Rehearse sends one
// only if spend is true.
func (a *Activation) Rehearse(ctx context.Context, spend bool) (Result, error) {
	rehearsal := *a
	rehearsal.dry, rehearsal.insists, rehearsal.Log = true, spend, zap.NewNop()
	rehearsal.free = !spend && !a.Credential.IsDeveloper()
	result, err := rehearsal.obtain(ctx, rehearsal.look())
	result.Answer = rehearsal.answer
	return result, err
}

// obtain is Run without memory of the starts before.
func (a *Activation) obtain(ctx context.Context, f found) (Result, error) {
	if a.asksNobody(f) {
		return a.use(f, nil), nil
	}
	a.isUnknown = false
	if f.Late {
		a.Log.Warn("cannot read the stored licenses: " + file.ErrTimeout.Error())
	}
	if a.Prepare != nil {
		a.Prepare(ctx, a)
	}
	budget := a.Config.ActivationTimeout
	if f.standIn != nil {
		budget = min(budget, a.Config.ActivationTimeoutCached)
	}
	online, cancel := context.WithTimeout(ctx, budget.Duration())
	defer cancel()
	waiting.Until(online)
	got, err := a.online(online, f.Documents, f.standIn != nil)
	failed, _ := fault.Find(err)
	if f.Late && failed != nil && !errors.Is(err, license.ErrVerdict) {
		// Now that the start depends on it, the disk is worth more patience.
		done := waiting.For(ctx, func() string { return "the stored licenses in " + a.Store.volume.Base() })
		a.Store.volume.Allow(a.Config.ActivationTimeoutCached.Duration())
		f = a.look()
		a.Store.volume.Allow(0)
		done()
	}
	switch {
	case err == nil && got.path == "":
		a.Log.Info("Successfully requested and activated new license " + describe(got.document))
	case err == nil:
		a.Log.Info("Successfully activated license " + describe(got.document))
	case ctx.Err() != nil:
		return Result{}, context.Cause(ctx)
	case errors.Is(err, license.ErrVerdict):
		a.removeStored()
		return Result{}, failed
	case f.standIn != nil:
		return a.use(f, failed), nil
	default:
		return Result{}, failed.With(fault.Facts{Stored: f.flaw})
	}
	return Result{Document: got.document}, nil
}

// online asks the server, again and again until the time is over while the failure is a passing one: a network may
// come up seconds after the container. With a stand-in at hand it asks only once: a start is worth more than a fresh
// document.
func (a *Activation) online(ctx context.Context, stored []Stored, hasStandIn bool) (granted, error) {
	seen, most := attempts{began: time.Now()}, int(a.Config.Attempts)
	for {
		seen.number++
		began := time.Now()
		ended := func() {}
		if a.Begun != nil && !hasStandIn {
			ended = a.Begun()
		}
		got, err := a.ask(ctx, stored)
		ended()
		if err == nil {
			if !a.free {
				_, err = a.accept(got)
			}
			return got, err
		}
		a.Log.Debug("activation attempt", zap.Int("attempt", seen.number), zap.String("result", err.Error()))
		seen.add(err, ctx.Err() != nil && time.Since(began) < a.Config.AttemptTimeout.Duration())
		if hasStandIn || seen.number == most || !isPassing(err) {
			return granted{}, seen.failure()
		}
		waiting.Retry(ctx, seen.number, a.seen(err))
		if !pause(ctx, seen.number, err) {
			return granted{}, seen.failure()
		}
		if a.Anew != nil {
			a.Transport = a.Anew()
		}
	}
}

// ask activates the document on disk, or requests one where there is none or
// the server does not know it.
func (a *Activation) ask(ctx context.Context, stored []Stored) (granted, error) {
	if a.free {
		_, err := a.post(ctx, pathActivate, unknownLicense)
		if errors.Is(err, license.ErrNotFound) {
			err = nil // the best that the server can say
		}
		return granted{}, err
	}
	if len(stored) > 0 && !a.isUnknown {
		known := a.toActivate(stored)
		got, err := a.post(ctx, pathActivate, known.Document.ID)
		if !errors.Is(err, license.ErrNotFound) {
			got.path = known.Path
			return got, err
		}
		a.isUnknown = true // another attempt need not ask again
	}
	return a.post(ctx, pathRequest, "")
}

// toActivate returns the stored document to activate: the first one of this credential, or else the first one.
// LocalStack's command line may mount a document of another token.
func (a *Activation) toActivate(stored []Stored) Stored {
	isOurs := func(s Stored) bool { return s.Document.SignedWith(a.Credential.Reveal()) }
	return stored[max(0, slices.IndexFunc(stored, isOurs))]
}

// accept judges a live answer and keeps it for a start without network, if it
// can be kept.
func (a *Activation) accept(got granted) (kept bool, err error) {
	now, document := time.Now(), got.document
	clocksDiffer := !got.date.IsZero() && license.ClockDiffers(now, got.date)
	if clocksDiffer {
		a.Log.Warn("the clock of this machine is wrong: the local time is " + license.FormatTime(now) +
			", but the licensing server's is " + license.FormatTime(got.date))
	}
	if failed := document.Check(now, a.Product); failed != nil {
		if failed.ID == fault.LicenseExpired && clocksDiffer && document.Check(got.date, a.Product) == nil {
			// By the server's clock it is good. That is no verdict on the license.
			return false, fault.New(fault.ClockSkew,
				"the local time is %s, but the licensing server's is %s; by the local time %s",
				license.FormatTime(now), license.FormatTime(got.date), failed.Detail)
		}
		return false, failed.With(fault.Facts{Server: a.Config.Endpoint.String(), Cause: license.ErrVerdict})
	}
	if !document.SignedWith(a.Credential.Reveal()) {
		a.Log.Warn("the signature of " + document.Name() + " does not match this credential; " +
			"it is not stored for a start without network")
		return false, nil
	}
	return a.keep(document, got.date), nil
}

// keep stores a document for a start without network, with a note of what it
// was activated for and when.
func (a *Activation) keep(document license.Document, theirs time.Time) (kept bool) {
	when := time.Now()
	if !theirs.IsZero() && theirs.Before(when) {
		when = theirs // a clock that is ahead now must not look behind later
	}
	now := &license.Time{Time: when}
	document.Offline = license.Offline{Version: a.Product.Version, Credential: a.Credential.String(), Activated: now}
	if document.ReactivateAfter == nil {
		document.LastActivated = now
	}
	if a.dry {
		return true
	}
	err := a.Store.save(document, a.Credential)
	if err != nil {
		a.Log.Warn("cannot store " + document.Name() + " for a start without network: " + err.Error())
	}
	return err == nil
}

func (a *Activation) removeStored() {
	if a.dry {
		return
	}
	if err := a.Store.withPath(a.Store.volume.Remove(storedName)); err != nil {
		a.Log.Warn("cannot remove the stored document: " + err.Error())
	}
}

func describe(d license.Document) string { return d.Name() + ":" + d.TypeName() }

// unknownLicense is the id of a license that nobody has.
const unknownLicense = "license_00000000-0000-0000-0000-000000000000"
