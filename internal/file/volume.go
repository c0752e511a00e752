package file

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"localstack-entrypoint/internal/task"
)

// Patience is how long a start waits for the disk of its volume, in all.
const Patience = 200 * time.Millisecond

// ErrSlow is the error of a disk that has not answered in time.
var ErrSlow = errors.New("the disk does not answer")

// Volume is a folder of ours on a disk that may never answer: a network file system without its
// network, a device that is suspended. What is to be done there is done in its order beside the caller,
// whose waits add up to no more than a bound. There is one for the life of a process: a disk that hangs
// then holds two threads at most, and what is done late is still done in its order.
//
// Its zero bound is none.
type Volume struct {
	ctx   context.Context
	base  string
	bound time.Duration

	// work is done by one worker, and put on the disk by another: that alone may take long on a disk that
	// is well otherwise.
	work, syncs worker

	mu       sync.Mutex
	left     time.Duration // of the bound
	changes  int           // that are to be made, or are not on the disk yet
	unsynced []*os.File    // written, but perhaps not on the disk yet
}

// worker does jobs one after the other.
type worker struct {
	mu      sync.Mutex
	queue   []*job
	working bool
}

// job is something to be done.
type job struct {
	work func()
	// abandoned is true when nobody waits for its result any more, and it has no other purpose.
	abandoned atomic.Bool
}

// NewVolume returns the folder at base. ctx is only for panics, see [task.Go].
func NewVolume(ctx context.Context, base string, bound time.Duration) *Volume {
	return &Volume{ctx: ctx, base: base, bound: bound, left: bound}
}

// Base is the folder's path.
func (v *Volume) Base() string { return v.base }

// Allow lets the waits from now on add up to a bound of their own.
func (v *Volume) Allow(bound time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left = bound
}

// Read is [ReadOwn]. The error is [ErrSlow] when the disk is.
func (v *Volume) Read(name string) ([]byte, error) {
	return Ask(v, func() ([]byte, error) { return ReadOwn(v.base, name) })
}

// Write is [WriteOwn], but for the wait until the content is on the disk: [Volume.Sync] does that, and
// before it the file may be empty after a loss of power. When the error is [ErrSlow], it is still being
// written.
func (v *Volume) Write(name string, content []byte, mode fs.FileMode) error {
	return v.change(func() error {
		f, err := put(v.base, name, content, mode, false)
		if err == nil {
			v.mu.Lock()
			v.unsynced = append(v.unsynced, f)
			v.mu.Unlock()
		}
		return err
	})
}

// Remove is [RemoveOwn]. When the error is [ErrSlow], it is still being removed.
func (v *Volume) Remove(name string) error {
	return v.change(func() error { return RemoveOwn(v.base, name) })
}

// Sync waits until everything that was written is on the disk: within a limit and what is left of the
// bound, or however long that takes if limit is 0. File systems that do not know the call are taken at
// their word.
func (v *Volume) Sync(limit time.Duration) error {
	v.mu.Lock()
	changes := v.changes
	v.mu.Unlock()
	if changes == 0 {
		return nil // a disk that hangs in a read keeps nothing of ours
	}
	wait := func() time.Duration {
		if limit == 0 {
			return forever
		}
		return v.patience(limit)
	}
	_, err := await(v, &v.work, wait(), false, func() (any, error) { return nil, nil }) // all is written
	if err == nil {
		_, err = await(v, &v.syncs, wait(), false, func() (any, error) { return nil, v.sync(changes) })
	}
	return err
}

// sync puts what is written on the disk, after so many changes.
func (v *Volume) sync(changes int) (err error) {
	v.mu.Lock()
	written := v.unsynced
	v.unsynced, v.changes = nil, v.changes-changes
	v.mu.Unlock()
	for _, f := range written {
		if syncErr := f.Sync(); !isUnknown(syncErr) {
			err = errors.Join(err, bare(syncErr))
		}
		f.Close()
	}
	return err
}

func isUnknown(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOTSUP)
}

// Ask does something else there, and returns its result or [ErrSlow].
func Ask[T any](v *Volume, work func() (T, error)) (T, error) {
	var none T
	wait := v.patience(forever)
	if wait == 0 {
		return none, ErrSlow // whoever was not waited for once is not waited for again
	}
	return await(v, &v.work, wait, true, work)
}

// change is for what shall happen, even if nobody waits for it any more.
func (v *Volume) change(work func() error) error {
	v.mu.Lock()
	v.changes++
	v.mu.Unlock()
	_, err := await(v, &v.work, v.patience(forever), false, func() (any, error) { return nil, work() })
	return err
}

// forever is a wait without an end.
const forever time.Duration = math.MaxInt64

// patience is what is left of the bound, and no more than a limit.
func (v *Volume) patience(limit time.Duration) time.Duration {
	if v.bound == 0 {
		return limit
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return min(limit, max(0, v.left))
}

// await has work done and waits for its result. Work that is only a question need not be done when nobody
// waits for the answer any more. A panic in work is one of the caller's.
func await[T any](v *Volume, by *worker, wait time.Duration, question bool, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	j := &job{work: func() {
		value, err := task.Guard(context.Background(), work)
		done <- result{value, err}
	}}
	by.enqueue(v.ctx, j)
	began := time.Now()
	r, err := first(done, wait)
	if v.bound > 0 && wait != forever {
		v.mu.Lock()
		v.left -= time.Since(began)
		v.mu.Unlock()
	}
	if err != nil {
		j.abandoned.Store(question)
		return r.value, err
	}
	if p, panicked := errors.AsType[*task.Panic](r.err); panicked {
		panic(p.Value)
	}
	return r.value, r.err
}

// first is what comes within the wait.
func first[T any](done <-chan T, wait time.Duration) (result T, err error) {
	if wait == forever {
		return <-done, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case result = <-done:
		return result, nil
	case <-timer.C:
	}
	select {
	case result = <-done: // both came while we were kept from looking
		return result, nil
	default:
		return result, ErrSlow
	}
}

// enqueue has work done after what is to be done already.
func (w *worker) enqueue(ctx context.Context, j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, j)
	if !w.working {
		w.working = true
		task.Go(ctx, w.run)
	}
}

func (w *worker) run() {
	for {
		w.mu.Lock()
		if len(w.queue) == 0 {
			w.working = false
			w.mu.Unlock()
			return
		}
		next := w.queue[0]
		w.queue = w.queue[1:]
		w.mu.Unlock()
		if !next.abandoned.Load() {
			next.work()
		}
	}
}
