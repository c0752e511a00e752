package authority

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"
	"time"
)

// notes writes the times of activations in the background. Answers do not wait for them: a
// held lock, or a full or slow disk, must not delay a license. Several notes of a license
// become one; what cannot be written is dropped.
type notes struct {
	// db does not sync each change to the disk: a note may be lost.
	db *sql.DB

	mu sync.Mutex
	// latest has the newest times that are not yet written.
	latest    map[use]time.Time
	isWriting bool
	writer    sync.WaitGroup
}

// use is what was used: IDs of a token and of its license.
type use struct{ token, license string }

func newNotes(db *sql.DB) *notes { return &notes{db: db, latest: make(map[use]time.Time)} }

// NoteActivation notes, some time later, that a document of a token's license was handed out. failed is called should
// the note be dropped.
func (s *Store) NoteActivation(token *Token, failed func(error)) {
	s.notes.add(use{token.ID, token.License.ID}, s.now(), failed)
}

// Flush waits until all notes are written or dropped.
func (s *Store) Flush() { s.notes.flush() }

func (n *notes) add(used use, at time.Time, failed func(error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latest[used] = at
	if !n.isWriting {
		n.isWriting = true
		n.writer.Go(func() { n.write(failed) })
	}
}

// write writes notes until there are no more.
func (n *notes) write(failed func(error)) {
	for batch := n.next(); batch != nil; batch = n.next() {
		if err := n.save(batch); err != nil {
			failed(err)
		}
	}
}

// next takes the notes that are not yet written; nil ends the writer.
func (n *notes) next() map[use]time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.latest) == 0 {
		n.isWriting = false
		return nil
	}
	batch := n.latest
	n.latest = make(map[use]time.Time)
	return batch
}

func (n *notes) save(batch map[use]time.Time) error {
	ctx := context.Background()
	// Two processes write notes in one order, and wait for each other in one direction.
	order := slices.SortedFunc(maps.Keys(batch), func(a, b use) int { return cmp.Compare(a.token, b.token) })
	return inTx(ctx, n.db, func(tx *sql.Tx) error {
		for _, used := range order {
			at := batch[used].Unix()
			_, err := tx.ExecContext(ctx, "UPDATE tokens SET last_used_at = $1 WHERE id = $2", at, used.token)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "UPDATE licenses SET last_activated_at = $1 WHERE id = $2", at, used.license)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (n *notes) flush() { n.writer.Wait() }
