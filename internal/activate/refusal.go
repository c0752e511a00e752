package activate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// A container that is restarted whenever it ends, and that the license server
// refuses whenever it asks, must not ask as fast as it can. The last refusal
// is therefore kept in the volume.

const (
	refusalName = "cache/entrypoint-refusal.json"

	// loopGap is how long after a refusal the next start still belongs to a
	// loop: Docker waits for a minute at most before it restarts. Whoever
	// starts again later does so by hand, or is slow enough by itself.
	loopGap = 75 * time.Second
	// freeStarts is after how many refusals in a row nothing is waited for yet.
	freeStarts = 2
	// longestHold bounds the wait of one start. It alone must do: a container
	// that lived for ten seconds is restarted by Docker at once.
	longestHold = time.Minute
	// manyTimes bounds what a note may claim to have counted, manyNotes how many
	// there are: one for each container that shares the volume.
	manyTimes = 1 << 30
	manyNotes = 16
)

// Question is what the server was asked, as far as it may be written down. Two
// starts with the same question get the same answer, until somebody changes
// something at the server.
type Question struct {
	// Credential is the masked form, which shows nothing of a legacy API key.
	Credential string `json:"credential"`
	Endpoint   string `json:"endpoint"`
	Version    string `json:"version"`
}

// RefusalNote is about refusals of the server in a row, of which the last ended the last
// start: a verdict against us, or the request to slow down.
type RefusalNote struct {
	Question
	// ID is the failure of the last one.
	ID fault.ID `json:"id"`
	// Times is how many there were in a row, Since and Last when the first and
	// the last of them came.
	Times int       `json:"times"`
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
	// Until is when the server wants to be asked again; zero when it does not say.
	Until time.Time `json:"until,omitzero"`
}

// refusalNotes reads the notes in the volume, those that are valid.
func (s *Store) refusalNotes() []RefusalNote {
	content, err := s.volume.Read(refusalName)
	if err != nil {
		return nil
	}
	return parseRefusals(content)
}

// LastRefusal is the note of what this activation asks, of whatever age.
func (a *Activation) LastRefusal() (note RefusalNote, found bool) {
	for _, note := range a.Store.refusalNotes() {
		if note.Question == a.question() {
			return note, true
		}
	}
	return RefusalNote{}, false
}

// parseRefusals reads notes, which anybody who can write to the volume may have
// written.
func parseRefusals(content []byte) []RefusalNote {
	var notes []RefusalNote
	if json.Unmarshal(content, &notes) != nil {
		return nil
	}
	notes = slices.DeleteFunc(notes, func(n RefusalNote) bool { return !n.isValid() })
	return notes[:min(len(notes), manyNotes)]
}

func (n RefusalNote) isValid() bool {
	_, known := fault.Lookup(n.ID)
	return known && n.Times >= 1 && n.Times <= manyTimes && !n.Last.Before(n.Since) && !n.Since.IsZero()
}

// HowOften is as in "once" or "5 times".
func (n RefusalNote) HowOften() string {
	if n.Times == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", n.Times)
}

// isLoop reports whether a start at now that asks the same is one of a loop.
// A note from the future is one of another clock.
func (n RefusalNote) isLoop(now time.Time) bool {
	ago := now.Sub(n.Last)
	return n.Times > 0 && ago >= 0 && ago < loopGap
}

// hold is how long a start at now that continues the loop waits before it asks
// again: until 0, 0, 1, 2, 4, … 60 seconds after the last refusal, so that what
// Docker has waited counts, or for as long as the server wants.
func (n RefusalNote) hold(now time.Time) time.Duration {
	var pause time.Duration
	if n.Times > freeStarts {
		pause = min(time.Second<<min(n.Times-freeStarts-1, 6), longestHold)
	}
	return max(0, min(max(n.Last.Add(pause).Sub(now), n.Until.Sub(now)), longestHold))
}

// next is the note after one more refusal at now.
func (n RefusalNote) next(asked Question, failed *fault.Error, now time.Time) RefusalNote {
	note := RefusalNote{Question: asked, ID: failed.ID, Since: n.Since, Last: now.UTC()}
	note.Times = min(n.Times, manyTimes-1) + 1
	if n.Times == 0 {
		note.Since = note.Last
	}
	if failed.RetryAfter > 0 {
		note.Until = note.Last.Add(failed.RetryAfter)
	}
	return note
}

// question is what this activation asks.
func (a *Activation) question() Question {
	return Question{a.Credential.String(), credential.MaskAll(a.Config.Endpoint.String()), a.Product.Version}
}

// holdBack waits before a start of a loop asks the server again. The error is
// ctx's cause.
func (a *Activation) holdBack(ctx context.Context, loop RefusalNote) error {
	wait := loop.hold(time.Now())
	if wait == 0 {
		return nil
	}
	say := a.Log.Warn
	if !a.Config.LogIssues {
		say = a.Log.Debug
	}
	said := fmt.Sprintf("has refused this %s since %s", loop.HowOften(), license.FormatTime(loop.Since))
	if loop.ID == fault.NetworkRateLimited {
		said = "asks to slow down"
	}
	say("the licensing server " + said + ": asking again in " + wait.Round(time.Second/10).String())
	return sleep(ctx, wait)
}

// Remember notes for the next start that the server has refused this one. It
// is apart from Run because a disk takes its time, and the failure is to be read
// at once. Without a volume to write to nobody counts.
func (a *Activation) Remember() {
	if a.refusal == nil {
		return
	}
	if err := a.note(*a.refusal); err != nil {
		a.Log.Debug("cannot note the refusal: " + err.Error())
	}
}

// forgetRefusal removes the note: what has ended this start is no refusal, or the
// start succeeds.
func (a *Activation) forgetRefusal() {
	if err := a.note(); err != nil {
		a.Log.Debug("cannot remove the note of a refusal: " + err.Error())
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
	return a.Store.write(refusalName, content, a.Credential)
}

// isRefusal reports whether an error is the server's verdict against us, or its request to slow down.
func isRefusal(err error) bool {
	return errors.Is(err, errVerdict) || errors.Is(err, &fault.Error{ID: fault.NetworkRateLimited})
}
