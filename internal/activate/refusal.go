package activate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
)

// A container that is restarted whenever it ends, and that the license server
// refuses whenever it asks, must not ask as fast as it can. What it was told
// last is therefore kept in the volume.

const (
	refusalName = "cache/entrypoint-refusal.json"
	refusalMode = 0o600

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
	// Credential is the masked form, which of a legacy API key tells nothing.
	Credential string `json:"credential"`
	Endpoint   string `json:"endpoint"`
	Version    string `json:"version"`
}

// Refusal is a note of the server's refusals, of which the last ended the last
// start: a verdict against us, or the request to slow down.
type Refusal struct {
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

// Refusals reads the notes in the volume, those that make sense.
func Refusals(volume *file.Volume) []Refusal {
	content, err := volume.Read(refusalName)
	if err != nil {
		return nil
	}
	return parseRefusals(content)
}

// LastRefusal is the note of what this activation asks, of whatever age.
func (a *Activation) LastRefusal() (note Refusal, found bool) {
	return mine(Refusals(a.Store.volume), a.question())
}

func mine(notes []Refusal, asked Question) (note Refusal, found bool) {
	i := slices.IndexFunc(notes, func(r Refusal) bool { return r.Question == asked })
	if i < 0 {
		return Refusal{}, false
	}
	return notes[i], true
}

// parseRefusals reads notes, which anybody who can write to the volume may have
// written.
func parseRefusals(content []byte) []Refusal {
	var notes []Refusal
	if json.Unmarshal(content, &notes) != nil {
		return nil
	}
	notes = slices.DeleteFunc(notes, func(r Refusal) bool { return !r.makesSense() })
	return notes[:min(len(notes), manyNotes)]
}

func (r Refusal) makesSense() bool {
	_, known := fault.Lookup(r.ID)
	return known && r.Times >= 1 && r.Times <= manyTimes && !r.Last.Before(r.Since) && !r.Since.IsZero()
}

// HowOften is as in "once" or "5 times".
func (r Refusal) HowOften() string {
	if r.Times == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", r.Times)
}

// continues tells whether a start at now that asks the same is one of a loop.
// A note from the future is one of another clock.
func (r Refusal) continues(asked Question, now time.Time) bool {
	ago := now.Sub(r.Last)
	return r.Times > 0 && r.Question == asked && ago >= 0 && ago < loopGap
}

// hold is how long a start at now that continues the loop waits before it asks
// again: until 0, 0, 1, 2, 4, … 60 seconds after the last refusal, so that what
// Docker has waited counts, or for as long as the server wants.
func (r Refusal) hold(now time.Time) time.Duration {
	var pause time.Duration
	if r.Times > freeStarts {
		pause = min(time.Second<<min(r.Times-freeStarts-1, 6), longestHold)
	}
	return max(0, min(max(r.Last.Add(pause).Sub(now), r.Until.Sub(now)), longestHold))
}

// next is the note after one more refusal at now.
func (r Refusal) next(asked Question, failed *fault.Error, now time.Time) Refusal {
	note := Refusal{Question: asked, ID: failed.ID, Times: min(r.Times, manyTimes-1) + 1, Since: r.Since, Last: now.UTC()}
	if r.Times == 0 {
		note.Since = note.Last
	}
	if wait, told := errors.AsType[retryAfter](failed); told && wait > 0 {
		note.Until = note.Last.Add(time.Duration(wait))
	}
	return note
}

// question is what this activation asks.
func (a *Activation) question() Question {
	return Question{a.Credential.String(), credential.MaskAll(a.Config.Endpoint.String()), a.Product.Version}
}

// loop is the note that this start continues, zero when it is no loop; noted
// tells whether there is one of what it asks, of whatever age.
func (a *Activation) loop() (note Refusal, noted bool) {
	note, noted = a.LastRefusal()
	if !note.continues(a.question(), time.Now()) {
		note = Refusal{}
	}
	return note, noted
}

// holdBack waits before a start of a loop asks the server again. The error is
// ctx's cause.
func (a *Activation) holdBack(ctx context.Context, loop Refusal) error {
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
	if err := a.write(append([]Refusal{*a.refusal}, a.others()...)); err != nil {
		a.Log.Debug("cannot note the refusal: " + err.Error())
	}
}

// forgive removes the note: what has ended this start is no refusal, or the
// start succeeds.
func (a *Activation) forgive() {
	if err := a.write(a.others()); err != nil {
		a.Log.Debug("cannot remove the note of a refusal: " + err.Error())
	}
}

// write replaces all notes; without any there is no file.
func (a *Activation) write(notes []Refusal) error {
	if len(notes) == 0 {
		return a.Store.volume.Remove(refusalName)
	}
	content, err := json.Marshal(notes)
	if err != nil {
		return err
	}
	if bytes.Contains(content, []byte(a.Credential.Reveal())) {
		return errors.New("it contains the credential")
	}
	return a.Store.volume.Write(refusalName, content, refusalMode)
}

// others are the notes of containers that share the volume and ask something
// else, as long as they matter.
func (a *Activation) others() []Refusal {
	now := time.Now()
	notes := slices.DeleteFunc(Refusals(a.Store.volume), func(r Refusal) bool {
		return r.Question == a.question() || !r.continues(r.Question, now)
	})
	return notes[:min(len(notes), manyNotes-1)]
}

// isRefusal tells the server's own word against us, or for less haste.
func isRefusal(err error) bool {
	return errors.Is(err, errVerdict) || errors.Is(err, &fault.Error{ID: fault.NetworkRateLimited})
}
