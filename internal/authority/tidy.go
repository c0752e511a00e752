package authority

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// tidyInterval is how often old rows are removed, at most.
	tidyInterval = time.Hour
	// tidyTimeout bounds it.
	tidyTimeout = time.Minute
)

// tidier removes rows that nobody needs any more. Nothing waits for it.
type tidier struct {
	mu      sync.Mutex
	last    time.Time
	running sync.WaitGroup
}

// tidy removes old rows in the background, unless that was done a short time ago. What adds such rows calls it.
func (t *tidier) tidy(s *Store) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.now()
	if since := now.Sub(t.last); 0 <= since && since < tidyInterval {
		return
	}
	t.last = now
	t.running.Go(func() {
		if err := s.removeOld(now); err != nil {
			s.notes.fail(err)
		}
	})
}

// wait waits until nothing is being removed.
func (t *tidier) wait() { t.running.Wait() }

// removeOld removes logins and sessions that ended long ago, and which forms were sent then.
func (s *Store) removeOld(now time.Time) error {
	if err := s.checkFile(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), tidyTimeout)
	defer cancel()
	_, err := s.background.ExecContext(ctx, "DELETE FROM auth_requests WHERE expires_at < $1", now.Add(-loginKept).Unix())
	_, err2 := s.background.ExecContext(ctx, "DELETE FROM sessions WHERE expires_at < $1", now.Add(-sessionKept).Unix())
	_, err3 := s.background.ExecContext(ctx, "DELETE FROM sent_forms WHERE at < $1", now.Add(-sentKept).Unix())
	return errors.Join(err, err2, err3)
}
