package activate

import (
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// found is what an activation needs to know of the stored documents.
type found struct {
	Contents
	// standIn is the document that can stand in for the server, flaw what is wrong with the first one
	// when there is none.
	standIn *Stored
	flaw    *fault.Error
}

// look reads the stored documents, and finds the one to use without the server.
func (a *Activation) look() (f found) {
	f.Contents = a.Store.Load(a.Credential)
	f.standIn, f.flaw = a.StandIn(f.Documents)
	switch {
	case f.standIn != nil || f.flaw != nil:
	case f.Locked != "":
		f.flaw = fault.New(fault.StoredInvalid, "%s", f.Locked)
	case f.IsNew:
		f.flaw = fault.New(fault.StoredNone, "this container's volume is new")
	}
	return f
}

// asksNobody reports whether a stored license is enough and no request is sent, as by LocalStack's own client: each
// request may cost a CI credit. A new start with a developer's token sends one, and so notices that the token was
// revoked. This is rule 2 of the licensing protocol.
func (a *Activation) asksNobody(f found) bool {
	return f.standIn != nil && !a.insists && (a.Again || a.Credential.IsCI() || a.Credential.IsOverride())
}

// StandIn finds the first stored document that can stand in for the server, or
// else what is wrong with the first one; both are nil when there is none.
func (a *Activation) StandIn(stored []Stored) (*Stored, *fault.Error) {
	holder := license.Holder{Key: a.Credential.Reveal(), Masked: a.Credential.String()}
	var first *fault.Error
	for i := range stored {
		flaw := stored[i].Document.CheckStored(time.Now(), a.Product, holder)
		if flaw == nil {
			return &stored[i], nil
		}
		a.Log.Debug("cannot use "+stored[i].Path+" offline", zap.String("because", flaw.Error()))
		if flaw.ID == fault.ClockSkew {
			return nil, flaw // with a wrong clock no document can be checked
		}
		if first == nil {
			first = flaw
		}
	}
	return nil, first
}

// use returns the stored license as the result, and logs it. unreached is why the server was not reached; nil if it was
// not asked.
func (a *Activation) use(f found, unreached *fault.Error) Result {
	document := f.standIn.Document
	line := "Successfully activated cached license " + describe(document) + " from " + f.standIn.Path
	if unreached != nil {
		line += " offline, until " + license.FormatTime(document.OfflineUntil()) + " (" + unreached.Seen() + ")"
	}
	a.Log.Info(line)
	if !a.dry {
		a.share(f.Contents)
	}
	return Result{Document: document, Unreached: unreached, Unasked: unreached == nil}
}

// share lets other users read our own document, which older versions stored with mode 0600: an emulator of another
// user ends with PermissionError if it finds one that it cannot read.
func (a *Activation) share(there Contents) {
	if there.Locked != "" {
		a.Log.Warn(there.Locked)
	}
	if !there.isPrivate {
		return
	}
	if err := a.Store.volume.Chmod(storedName, licenseMode); err != nil {
		a.Log.Debug("cannot let other users read the stored license: " + err.Error())
	}
}
