package activate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// A container that is restarted whenever it ends, and that the licensing server
// refuses whenever it asks, must not ask as fast as it can. The last refusal
// is therefore kept in the volume.

const (
	refusalName = "cache/entrypoint-refusal.json"

	// loopGap is how long after a refusal the next start still belongs to a
	// loop: Docker waits for a minute at most before it restarts. Whoever
	// starts again later does so by hand, or is slow enough by itself.
	loopGap = 75 * time.Second
	// promptStarts is after how many refusals in a row nothing is waited for yet.
	promptStarts = 2
	// maxWait bounds the wait of one start. It alone must do: a container
	// that lived for ten seconds is restarted by Docker at once.
	maxWait = time.Minute
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
func (n RefusalNote) wait(now time.Time) time.Duration {
	var pause time.Duration
	if n.Times > promptStarts {
		pause = min(time.Second<<min(n.Times-promptStarts-1, 6), maxWait)
	}
	return max(0, min(max(n.Last.Add(pause).Sub(now), n.Until.Sub(now)), maxWait))
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

// isRefusal reports whether an error is the server's verdict against us, or its request to slow down.
func isRefusal(err error) bool {
	return errors.Is(err, license.ErrVerdict) || errors.Is(err, &fault.Error{ID: fault.NetworkRateLimited})
}
