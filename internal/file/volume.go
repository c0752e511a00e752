package file

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/task"
)

// DiskTimeout is how long a start waits for the disk of its volume, in all.
const DiskTimeout = 200 * time.Millisecond

// ErrTimeout is the error of a disk that has not answered in time.
var ErrTimeout = errors.New("the disk does not respond")

// Volume is a folder of ours on a disk that may never answer: a network file system without its
// network, a device that is suspended. What is to be done there is done in its order beside the caller,
// whose waits add up to no more than a bound. There is one for the life of a process: a disk that hangs
// then holds two threads at most, and what is done late is still done in its order.
type Volume struct {
	base    string
	bounded bool

	// Reads and writes are done in one queue, and put on the disk in another: that alone may take long on
	// a disk that is well otherwise.
	work, syncs queue

	left    atomic.Int64 // nanoseconds of the bound
	changes atomic.Int64 // asked for so far
	synced  atomic.Int64 // of these, so many are on the disk

	mu       sync.Mutex
	unsynced []*os.File // written, but perhaps not on the disk yet
}

// NewVolume returns the folder at base. A bound of 0 is none.
func NewVolume(base string, bound time.Duration) *Volume {
	v := &Volume{base: base, bounded: bound > 0}
	v.Allow(bound)
	return v
}

// Base is the folder's path.
func (v *Volume) Base() string { return v.base }

// Allow lets the waits from now on add up to a bound of their own.
func (v *Volume) Allow(bound time.Duration) { v.left.Store(int64(bound)) }

// Read is [ReadOwn]. The error is [ErrTimeout] when the disk is.
func (v *Volume) Read(name string) ([]byte, error) {
	return Ask(v, func() ([]byte, error) { return ReadOwn(v.base, name) })
}

// Write is [WriteOwn], but for the wait until the content is on the disk: [Volume.Sync] does that, and
// before it the file may be empty after a loss of power. When the error is [ErrTimeout], it is still being
// written.
func (v *Volume) Write(name string, content []byte, mode fs.FileMode) error {
	return v.change(func() error {
		f, err := put(v.base, name, content, mode, manner{})
		if err == nil {
			v.mu.Lock()
			v.unsynced = append(v.unsynced, f)
			v.mu.Unlock()
		}
		return err
	})
}

// Remove is [RemoveOwn]. When the error is [ErrTimeout], it is still being removed.
func (v *Volume) Remove(name string) error {
	return v.change(func() error { return RemoveOwn(v.base, name) })
}

// Sync waits until everything that was written is on the disk: within a limit and what is left of the
// bound, or however long that takes if limit is 0. File systems that refuse that are taken at their word.
func (v *Volume) Sync(limit time.Duration) error {
	changes := v.changes.Load()
	if changes == v.synced.Load() {
		return nil // a disk that hangs in a read keeps nothing of ours
	}
	wait := forever
	if limit > 0 {
		wait = v.patience(limit)
	}
	return v.await(&v.syncs, wait, false, func() error {
		<-v.work.add(func() {}) // until all is written
		return v.sync(changes)
	})
}

// sync puts what is written on the disk, after so many changes.
func (v *Volume) sync(changes int64) (err error) {
	v.mu.Lock()
	written := v.unsynced
	v.unsynced = nil
	v.mu.Unlock()
	for _, f := range written {
		// A network file system may tell only at the end that there was no room.
		err = errors.Join(err, Cause(syncFile(f)), Cause(f.Close()))
	}
	v.synced.Store(max(v.synced.Load(), changes))
	return err
}

// Ask does something else there, and returns its result or [ErrTimeout].
func Ask[T any](v *Volume, work func() (T, error)) (none T, err error) {
	wait := v.patience(forever)
	if wait == 0 {
		return none, ErrTimeout // whoever was not waited for once is not waited for again
	}
	answers := make(chan T, 1)
	err = v.await(&v.work, wait, true, func() error {
		answer, err := work()
		answers <- answer
		return err
	})
	if errors.Is(err, ErrTimeout) {
		return none, err
	}
	return <-answers, err
}

// change is for what shall happen, even if nobody waits for it any more.
func (v *Volume) change(work func() error) error {
	v.changes.Add(1)
	return v.await(&v.work, v.patience(forever), false, work)
}

// forever is a wait without an end.
const forever time.Duration = math.MaxInt64

// patience is what is left of the bound, and no more than a limit.
func (v *Volume) patience(limit time.Duration) time.Duration {
	if !v.bounded {
		return limit
	}
	return min(limit, max(0, time.Duration(v.left.Load())))
}

// await has work done and waits for its end. A question need not be answered when nobody waits for the
// answer any more. A panic in work is one of the caller's.
func (v *Volume) await(q *queue, wait time.Duration, question bool, work func() error) (err error) {
	done := make(chan error, 1)
	var abandoned atomic.Bool
	q.add(func() {
		if !abandoned.Load() {
			_, err := task.Guard(context.Background(), func() (any, error) { return nil, work() })
			done <- err
		}
	})
	began := time.Now()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case err = <-done:
	case <-timer.C:
		select {
		case err = <-done: // both came while we were kept from looking
		default:
			abandoned.Store(question)
			err = ErrTimeout
		}
	}
	if wait != forever {
		v.left.Add(-int64(time.Since(began)))
	}
	if p, panicked := errors.AsType[*task.Panic](err); panicked {
		panic(p.Value)
	}
	return err
}

// queue does one job after the other.
type queue struct {
	mu   sync.Mutex
	last <-chan struct{} // closed when the last job is done
}

// add has a job done after those before it. The result is closed when it is done.
func (q *queue) add(job func()) <-chan struct{} {
	done := make(chan struct{})
	q.mu.Lock()
	before := q.last
	q.last = done
	q.mu.Unlock()
	task.Go(context.Background(), func() {
		defer close(done)
		if before != nil {
			<-before
		}
		job()
	})
	return done
}
