package authority

import (
	"database/sql"
	"fmt"
	"sync"
	"time"
)

const (
	// noteInterval is how long notes are collected before they are written.
	noteInterval = time.Second
	// maxNotes bounds what is collected.
	maxNotes = 10_000
	// maxMachines bounds the rows of a token and a day, because clients make up their machines.
	maxMachines = 100
	// otherMachines counts for the machines that are too many.
	otherMachines = ""

	secondsPerDay = 24 * 60 * 60
)

// use is what was used: IDs of a token and of its license, and on which machine and day; or of a session.
type use struct {
	token, license, machine string
	day                     int64 // since 1970, in UTC
	session                 string
}

// uses is how often that was, and when for the last time.
type uses struct {
	count int64
	last  time.Time
}

// notes writes the times and numbers of uses in the background. Answers do not wait for them: a held lock, or a
// full or slow disk, must not delay a license. The notes of an interval are written together; what cannot be
// written is dropped.
type notes struct {
	// database is checked before it is written: SQLite would begin another write-ahead log for one that was removed.
	database *database
	// db does not sync each change to the disk: a note may be lost.
	db *sql.DB

	mu       sync.Mutex
	pending  map[use]uses
	machines map[string]int // of each token, in pending
	dropped  int            // for want of room in pending
	timer    *time.Timer    // nil while nothing is pending
	// failed is told of notes that were dropped; nil before somebody wants to know.
	failed func(error)

	writing sync.Mutex // held while notes are written
}

func newNotes(d *database) *notes {
	n := &notes{database: d, db: d.background}
	n.reset()
	return n
}

func (n *notes) reset() {
	n.pending, n.machines, n.dropped, n.timer = make(map[use]uses), make(map[string]int), 0, nil
}

// NoteActivation notes, some time later, that a document of a token's license was handed out to a machine. failed is
// called should the note be dropped.
func (s *Store) NoteActivation(token *Token, machine string, failed func(error)) {
	now := s.now()
	s.notes.add(use{
		token: token.ID, license: token.License.ID, machine: s.machineName(machine), day: now.Unix() / secondsPerDay,
	}, now, failed)
}

// Flush writes the notes, and returns when all are written or dropped, and when nothing else is done in the
// background.
func (s *Store) Flush() {
	s.notes.write()
	s.tidier.wait()
}

// fail tells of something that was not written.
func (n *notes) fail(err error) {
	n.mu.Lock()
	failed := n.failed
	n.mu.Unlock()
	if failed != nil {
		failed(err)
	}
}

func (n *notes) add(used use, at time.Time, failed func(error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if failed != nil {
		n.failed = failed
	}
	known, isKnown := n.pending[used]
	if !isKnown && n.machines[used.token] >= maxMachines {
		used.machine = otherMachines
		known, isKnown = n.pending[used]
	}
	if !isKnown {
		if len(n.pending) >= maxNotes {
			n.dropped++
			return
		}
		n.machines[used.token]++
	}
	n.pending[used] = uses{known.count + 1, at}
	if n.timer == nil {
		n.timer = time.AfterFunc(noteInterval, n.write)
	}
}

// write writes the notes that were collected.
func (n *notes) write() {
	n.writing.Lock()
	defer n.writing.Unlock()
	batch, dropped, failed := n.take()
	if failed == nil {
		failed = func(error) {}
	}
	if dropped > 0 {
		failed(fmt.Errorf("more than %d notes in %v: dropped %d", maxNotes, noteInterval, dropped))
	}
	if len(batch) > 0 {
		err := n.database.checkFile()
		if err == nil {
			err = n.save(batch)
		}
		if err != nil {
			failed(err)
		}
	}
}

// take takes the notes that were collected.
func (n *notes) take() (batch map[use]uses, dropped int, failed func(error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.timer != nil {
		n.timer.Stop()
	}
	batch, dropped = n.pending, n.dropped
	n.reset()
	return batch, dropped, n.failed
}
