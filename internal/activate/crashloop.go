package activate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// LastRefusal is the note of what this activation asks, of whatever age.
func (a *Activation) LastRefusal() (note RefusalNote, found bool) {
	for _, note := range a.Store.refusalNotes() {
		if note.Question == a.question() {
			return note, true
		}
	}
	return RefusalNote{}, false
}

// question is what this activation asks.
func (a *Activation) question() Question {
	return Question{a.Credential.String(), credential.MaskAll(a.Config.Endpoint.String()), a.Product.Version}
}

// waitAfterRefusals waits before a start of a loop asks the server again, and reports whether it has to. The error is
// ctx's cause.
func (a *Activation) waitAfterRefusals(ctx context.Context, loop RefusalNote) (waited bool, err error) {
	wait := loop.wait(time.Now())
	if wait == 0 {
		return false, nil
	}
	said := fmt.Sprintf("the licensing server has refused the license %s since %s",
		loop.HowOften(), license.FormatTime(loop.Since))
	if loop.ID == fault.NetworkRateLimited {
		said = "the licensing server's rate limit is exceeded"
	}
	a.Log.Warn(said + "; retrying in " + wait.Round(time.Second/10).String())
	return true, sleep(ctx, wait)
}

// SaveRefusal notes for the next start that the server has refused this one. It
// is apart from Run because a disk takes its time, and the failure is to be read
// at once. Without a volume to write to nobody counts.
func (a *Activation) SaveRefusal() {
	if a.refusal == nil {
		return
	}
	if err := a.note(*a.refusal); err != nil {
		a.Log.Debug("cannot save the refusal: " + err.Error())
	}
}

// removeRefusal removes the note: what has ended this start is no refusal, or the
// start succeeds.
func (a *Activation) removeRefusal() {
	if err := a.note(); err != nil {
		a.Log.Debug("cannot remove the saved refusal: " + err.Error())
	}
}

// note replaces our own notes. Those of containers that share the volume and ask something else stay as
// long as they matter; without any there is no file.
func (a *Activation) note(own ...RefusalNote) error {
	now := time.Now()
	others := slices.DeleteFunc(a.Store.refusalNotes(), func(n RefusalNote) bool {
		return n.Question == a.question() || !n.isLoop(now)
	})
	notes := append(own, others[:min(len(others), manyNotes-1)]...)
	if len(notes) == 0 {
		return a.Store.volume.Remove(refusalName)
	}
	content, err := json.Marshal(notes)
	if err != nil {
		return err
	}
	return a.Store.write(refusalName, content, noteMode, a.Credential)
}
