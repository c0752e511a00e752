package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/task"
)

// longestQueue bounds what waits for a reader, in bytes: more than a failing start has to say.
const longestQueue = 64 << 10

// Outlet writes to a descriptor that we share with other programs, and never waits for its reader. What
// the kernel takes at once is written at once. The rest is written by a goroutine of its own, which may
// get stuck in it; what comes meanwhile waits in a queue, and what does not fit is counted and dropped.
//
// The flags of the descriptor stay as they are: with O_NONBLOCK the other programs would lose output.
type Outlet struct {
	ctx    context.Context
	fd     int
	format config.Format

	mu      sync.Mutex
	queue   [][]byte
	size    int           // of the queue, in bytes
	dropped int           // messages since the last that was queued
	emptied chan struct{} // closed when the queue has been written; nil while there is none
	blind   bool          // the kernel cannot tell whether it would wait
}

// NewOutlet returns an outlet for the descriptor, for messages in the given form. ctx is only for panics,
// see [task.Go].
func NewOutlet(ctx context.Context, fd int, format config.Format) *Outlet {
	return &Outlet{ctx: ctx, fd: fd, format: format, blind: isFile(fd)}
}

// isFile reports whether a descriptor is a file's. The kernel locks a file's position, and waits for a
// file system that is frozen, before it looks whether it may wait.
func isFile(fd int) bool {
	var stat unix.Stat_t
	return unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG
}

// Write takes a message, which is one or more whole lines. It always succeeds: nobody could be told.
func (o *Outlet) Write(message []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rest := message
	if o.emptied == nil && !o.blind {
		rest = message[o.writeNow(message):]
	}
	switch {
	case len(rest) == 0: // all is written
	case o.size > 0 && o.size+len(rest) > longestQueue: // one always fits, however long
		o.dropped++
	default:
		o.append(append([]byte(nil), rest...))
	}
	return len(message), nil
}

// writeNow writes what fits without a wait, and returns how much is done: all when nobody reads any more.
func (o *Outlet) writeNow(message []byte) int {
	vector := []unix.Iovec{{Base: unsafe.SliceData(message)}}
	vector[0].SetLen(len(message))
	for {
		// -1: where the descriptor stands. The offset's other half is for machines of 32 bits.
		n, _, errno := unix.RawSyscall6(unix.SYS_PWRITEV2, uintptr(o.fd), uintptr(unsafe.Pointer(&vector[0])), 1,
			^uintptr(0), ^uintptr(0), unix.RWF_NOWAIT)
		runtime.KeepAlive(message)
		switch errno {
		case 0:
			return int(n)
		case unix.EINTR:
		case unix.EAGAIN:
			return 0
		case unix.EPIPE, unix.EBADF:
			return len(message)
		default: // a terminal, an old kernel, a filter that does not know the call
			o.blind = true
			return 0
		}
	}
}

// append puts a message into the queue, behind news of those that were dropped before it, and has that
// written.
func (o *Outlet) append(message []byte) {
	if o.dropped > 0 {
		o.enqueue(o.news())
	}
	o.enqueue(message)
	if o.emptied == nil {
		o.emptied = make(chan struct{})
		task.Go(o.ctx, o.drain)
	}
}

func (o *Outlet) enqueue(message []byte) {
	o.queue = append(o.queue, message)
	o.size += len(message)
}

// news says how many messages were dropped since the last that was queued.
func (o *Outlet) news() []byte {
	var text bytes.Buffer
	writeLine(&text, o.format, fmt.Sprintf("log messages dropped because the log was not read: %d", o.dropped))
	o.dropped = 0
	return text.Bytes()
}

// drain writes the queue, however long that takes.
func (o *Outlet) drain() {
	defer o.abandon()
	for {
		message := o.next()
		if message == nil {
			return
		}
		for len(message) > 0 {
			n, err := unix.Write(o.fd, message)
			switch {
			case err == nil:
				message = message[n:]
			case errors.Is(err, unix.EINTR):
			case errors.Is(err, unix.EAGAIN): // somebody else made it so
				_, _ = unix.Poll([]unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLOUT}}, -1)
			default:
				message = nil // nobody reads any more
			}
		}
	}
}

// abandon gives up what is still in the queue: after a panic, that nobody may wait for it.
func (o *Outlet) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.emptied != nil && recover() != nil {
		close(o.emptied)
		o.emptied, o.queue, o.size = nil, nil, 0
	}
}

// next takes out the first message, after which there may be news of those that were dropped. nil: none
// is left.
func (o *Outlet) next() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 && o.dropped > 0 {
		return o.news()
	}
	if len(o.queue) == 0 {
		close(o.emptied)
		o.emptied = nil
		return nil
	}
	message := o.queue[0]
	o.queue = o.queue[1:]
	o.size -= len(message)
	return message
}

// Flush waits until all is written, but no longer than the limit. It reports whether all is.
func (o *Outlet) Flush(limit time.Duration) bool {
	o.mu.Lock()
	emptied := o.emptied
	o.mu.Unlock()
	if emptied == nil {
		return true
	}
	select {
	case <-emptied:
		return true
	case <-time.After(limit):
		return false
	}
}
