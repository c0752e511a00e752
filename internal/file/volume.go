package file

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"sync"
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
// whose waits add up to no more than a bound.
//
// Its zero bound is none. Its methods are for one goroutine at a time.
type Volume struct {
	ctx   context.Context
	base  string
	bound time.Duration
	left  time.Duration

	mu       sync.Mutex
	queue    []func()
	working  bool
	unsynced []*os.File // written, but perhaps not on the disk yet
}

// NewVolume returns the folder at base. ctx is only for panics, see [task.Go].
func NewVolume(ctx context.Context, base string, bound time.Duration) *Volume {
	return &Volume{ctx: ctx, base: base, bound: bound, left: bound}
}

// Base is the folder's path.
func (v *Volume) Base() string { return v.base }

// Read is [ReadOwn]. The error is [ErrSlow] when the disk is.
func (v *Volume) Read(name string) ([]byte, error) {
	return Ask(v, func() ([]byte, error) { return ReadOwn(v.base, name) })
}

// Write is [WriteOwn], but for the wait until the content is on the disk: [Volume.Sync] does that. When
// the error is [ErrSlow], it is still being written.
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
	wait := forever
	if limit > 0 {
		wait = v.patience(limit)
	}
	_, err := await(v, wait, func() (any, error) {
		v.mu.Lock()
		written := v.unsynced
		v.unsynced = nil
		v.mu.Unlock()
		var err error
		for _, f := range written {
			if syncErr := f.Sync(); !isUnknown(syncErr) {
				err = errors.Join(err, bare(syncErr))
			}
			f.Close()
		}
		return nil, err
	})
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
	return await(v, wait, work)
}

// change is for what shall happen, even if nobody waits for it any more.
func (v *Volume) change(work func() error) error {
	_, err := await(v, v.patience(forever), func() (any, error) { return nil, work() })
	return err
}

// forever is a wait without an end.
const forever time.Duration = math.MaxInt64

// patience is what is left of the bound, and no more than a limit.
func (v *Volume) patience(limit time.Duration) time.Duration {
	if v.bound == 0 {
		return limit
	}
	return min(limit, max(0, v.left))
}

func await[T any](v *Volume, wait time.Duration, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	v.enqueue(func() {
		value, err := work()
		done <- result{value, err}
	})
	if wait == forever {
		r := <-done
		return r.value, r.err
	}
	began := time.Now()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	defer func() { v.left -= time.Since(began) }()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		var none T
		return none, ErrSlow
	}
}

// enqueue has work done after what is to be done already.
func (v *Volume) enqueue(work func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.queue = append(v.queue, work)
	if !v.working {
		v.working = true
		task.Aside(v.ctx, v.work)
	}
}

func (v *Volume) work() {
	for {
		v.mu.Lock()
		if len(v.queue) == 0 {
			v.working = false
			v.mu.Unlock()
			return
		}
		next := v.queue[0]
		v.queue = v.queue[1:]
		v.mu.Unlock()
		next()
	}
}
