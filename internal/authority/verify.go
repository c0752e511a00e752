package authority

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// verification reads an SQLite database as a whole, in the background: with 100,000 members that takes two seconds. A
// damaged index would hide tokens, so nobody is told before its end that a token is unknown.
type verification struct {
	cancel context.CancelFunc
	ended  chan struct{}
	flaw   error // when it has ended
}

// shortVerification is how long a start waits for the result: a small database is refused at once.
const shortVerification = 30 * time.Millisecond

// verify begins a verification, and returns what it finds within a short time.
func (s *Store) verify() error {
	ctx, cancel := context.WithCancel(context.Background())
	s.verification = &verification{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.verification.ended)
		s.verification.flaw = s.findFlaw(ctx)
	}()
	select {
	case <-s.verification.ended:
		return s.verification.flaw
	case <-time.After(shortVerification):
		return nil
	}
}

// findFlaw returns an error if the database is damaged. That it cannot be read for another reason says nothing.
func (s *Store) findFlaw(ctx context.Context) error {
	reader := &database{reads: openPool(s.path, 1, url.Values{"mode": {"ro"}})}
	defer reader.reads.Close()
	flaws, err := reader.integrity(ctx)
	switch {
	case isDamage(err):
		return err
	case len(flaws) > 0:
		return fmt.Errorf("%s is damaged: %s: %s", DatabaseFile, flaws[0], restoreBoth)
	}
	return nil
}

// result returns the flaw that was found; nil while there is none.
func (v *verification) result() error {
	if v == nil {
		return nil
	}
	select {
	case <-v.ended:
		return v.flaw
	default:
		return nil
	}
}

// wait returns the flaw that is found.
func (v *verification) wait(ctx context.Context) error {
	if v == nil {
		return nil
	}
	select {
	case <-v.ended:
		return v.flaw
	case <-ctx.Done():
		return fmt.Errorf("the database is still being read: %w", ctx.Err())
	}
}

func (v *verification) stop() {
	if v != nil {
		v.cancel()
		<-v.ended
	}
}

// isDamage reports whether SQLite says that its file is damaged.
func isDamage(err error) bool {
	failed, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := failed.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// hasLostLog reports whether the write-ahead log of an SQLite database is gone, with changes that are nowhere else. Its
// index, which processes share, says so; see "WAL-Index File Format" in SQLite's walformat.html. SQLite itself goes on
// with the older state.
func hasLostLog(path string) bool {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return false
	}
	index, err := os.Open(path + "-shm")
	if err != nil { // the database was closed
		return false
	}
	defer index.Close()
	const lastFrame, copiedFrames = 16, 96 // offsets
	header := make([]byte, copiedFrames+4)
	if _, err := io.ReadFull(index, header); err != nil {
		return false
	}
	// A process that was killed when it closed the database has copied all frames before it removed the log.
	return binary.NativeEndian.Uint32(header[lastFrame:]) > binary.NativeEndian.Uint32(header[copiedFrames:])
}

// otherLog is how long a database may be locked without a log: whoever closes it removes the log first.
const otherLog = time.Second

// hasOtherLog reports whether a process has an SQLite database open with a log that was removed. SQLite would begin
// another one, and each process would write over the other's changes.
func hasOtherLog(path string) (bool, error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	for began := time.Now(); ; time.Sleep(lockPause) {
		if _, err := os.Lstat(path + "-wal"); err == nil {
			return false, nil
		}
		// Each connection holds a shared lock on one of these bytes; see SHARED_FIRST in SQLite's os.h.
		lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: 0x40000002, Len: 510}
		if err := unix.FcntlFlock(file.Fd(), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
			return false, err
		}
		if time.Since(began) > otherLog {
			return true, nil
		}
	}
}

// What is said of a lost log, and what to do about it.
func lostLog(path string) string { return path + "-wal is missing, and the last changes with it" }

func withoutLog(path string) string {
	return restoreBoth + ", or remove " + path + "-shm to go on without them"
}
