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
	latest map[use]time.Time
	// failed is told of notes that were dropped; nil before somebody wants to know.
	failed    func(error)
	isWriting bool
	writer    sync.WaitGroup
}

// use is what was used: IDs of a token and of its license, or of a session.
type use struct{ token, license, session string }

func newNotes(db *sql.DB) *notes { return &notes{db: db, latest: make(map[use]time.Time)} }

// NoteActivation notes, some time later, that a document of a token's license was handed out. failed is called should
// the note be dropped.
func (s *Store) NoteActivation(token *Token, failed func(error)) {
	s.notes.add(use{token: token.ID, license: token.License.ID}, s.now(), failed)
}

// Flush waits until all notes are written or dropped.
func (s *Store) Flush() { s.notes.flush() }

func (n *notes) add(used use, at time.Time, failed func(error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latest[used] = at
	if failed != nil {
		n.failed = failed
	}
	if !n.isWriting {
		n.isWriting = true
		n.writer.Go(n.write)
	}
}

// write writes notes until there are no more.
func (n *notes) write() {
	for batch := n.next(); batch != nil; batch = n.next() {
		err := n.save(batch)
		n.mu.Lock()
		failed := n.failed
		n.mu.Unlock()
		if err != nil && failed != nil {
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
	order := slices.SortedFunc(maps.Keys(batch), func(a, b use) int {
		return cmp.Or(cmp.Compare(a.token, b.token), cmp.Compare(a.session, b.session))
	})
	return inTx(ctx, n.db, func(tx *sql.Tx) error {
		for _, used := range order {
			if err := used.save(ctx, tx, batch[used]); err != nil {
				return err
			}
		}
		return nil
	})
}

// save writes a time, and lets a token that ends without use end later.
func (u use) save(ctx context.Context, tx *sql.Tx, at time.Time) error {
	if u.session != "" {
		_, err := tx.ExecContext(ctx, "UPDATE sessions SET last_used_at = $1 WHERE id = $2", at.Unix(), u.session)
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE tokens SET last_used_at = $1,
		expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END WHERE id = $3`,
		at.Unix(), at.Add(unusedLife).Unix(), u.token)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE licenses SET last_activated_at = $1 WHERE id = $2", at.Unix(), u.license)
	return err
}

func (n *notes) flush() { n.writer.Wait() }
