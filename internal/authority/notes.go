package authority

import (
	"context"
	"database/sql"
	"errors"
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
	// latest has the newest times that are not yet written, by the license's ID.
	latest    map[string]time.Time
	isWriting bool
	writer    sync.WaitGroup
}

func newNotes(db *sql.DB) *notes { return &notes{db: db, latest: make(map[string]time.Time)} }

// add notes when a document of the license was handed out. failed is called later, should
// the note be dropped.
func (n *notes) add(licenseID string, at time.Time, failed func(error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latest[licenseID] = at
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
func (n *notes) next() map[string]time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.latest) == 0 {
		n.isWriting = false
		return nil
	}
	batch := n.latest
	n.latest = make(map[string]time.Time)
	return batch
}

func (n *notes) save(batch map[string]time.Time) error {
	tx, err := n.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	for id, at := range batch {
		if _, err := tx.Exec("UPDATE licenses SET last_activated = ? WHERE id = ?", at.Unix(), id); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// close waits until all notes are written or dropped.
func (n *notes) close() error {
	n.writer.Wait()
	return n.db.Close()
}
