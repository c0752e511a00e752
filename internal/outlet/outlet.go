// Package outlet writes the lines of a program to descriptors that it shares with other programs, and never
// waits for their readers: a program goes on if nobody reads its log, or if its disk is full.
package outlet

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/task"
)

const (
	// longestQueue bounds what waits for a reader, in bytes: more than a failing start has to say.
	longestQueue = 64 << 10
	// LastWait is how long the end of a program waits for the reader of its last lines.
	LastWait = 200 * time.Millisecond
)

// Outlet writes to a descriptor. What the kernel takes at once is written at once. The rest is written by a
// goroutine of its own, which may get stuck in it; what comes meanwhile waits in a queue. What does not fit, or
// cannot be written, is dropped and counted; a line says so when the log takes lines again.
//
// The flags of the descriptor stay as they are: with O_NONBLOCK the other programs would lose output. SIGPIPE is
// not ignored, because the programs that we start would inherit that. The Go runtime lets SIGPIPE end the program
// only for a write by package os, and the outlet calls the kernel itself.
type Outlet struct {
	fd int
	*queue
}

// queue is what waits for the reader of a file. Outlets to the same file share it, for the order of their lines.
type queue struct {
	ctx    context.Context
	newsTo int // a descriptor
	line   func(text string) []byte

	mu      sync.Mutex
	waiting []message
	size    int           // of all that waits, in bytes
	dropped int           // messages that no line has told of
	cause   error         // why the last of them was dropped; nil: there was no room
	torn    bool          // the last one was written only in part, without its end of the line
	emptied chan struct{} // closed when all has been written; nil while nothing waits
	blind   bool          // the kernel cannot tell whether it would wait
}

// message is what waits to be written to a descriptor.
type message struct {
	fd    int
	text  []byte
	done  int  // bytes of text that are written
	begun bool // the beginning of the line was written before
	// stands is how many messages are dropped when this cannot be written: itself, and those of which it tells.
	stands int
}

// New returns an outlet for the descriptor. line makes a line of the log from a sentence about it. ctx is only for
// panics, see [task.Go].
func New(ctx context.Context, fd int, line func(text string) []byte) *Outlet {
	var stat unix.Stat_t
	// The kernel locks a regular file's position, and waits for a file system that is frozen, before it looks whether
	// it may wait.
	blind := unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG
	return &Outlet{fd, &queue{ctx: ctx, newsTo: fd, line: line, blind: blind}}
}

// Beside returns an outlet for another descriptor of the same program. If both lead to the same file, the lines keep
// their order.
func (o *Outlet) Beside(fd int) *Outlet {
	var ours, other unix.Stat_t
	if unix.Fstat(o.fd, &ours) == nil && unix.Fstat(fd, &other) == nil && ours.Dev == other.Dev && ours.Ino == other.Ino {
		return &Outlet{fd, o.queue}
	}
	return New(o.ctx, fd, o.line)
}

// Write takes a message, which is one or more whole lines. It always succeeds: nobody could be told.
func (o *Outlet) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	done := 0
	if o.emptied == nil && !o.blind && o.dropped == 0 {
		done = o.writeNow(text)
	}
	switch rest := text[done:]; {
	case len(rest) == 0: // all is done
	case o.size > 0 && o.size+len(rest) > longestQueue: // one always fits, however long
		o.drop(1, nil)
	default:
		o.enqueue(rest, done > 0)
	}
	return len(text), nil
}

// writeNow writes what fits without a wait, and returns how much is done: all when nobody reads any more.
func (o *Outlet) writeNow(text []byte) int {
	vector := []unix.Iovec{{Base: unsafe.SliceData(text)}}
	vector[0].SetLen(len(text))
	for {
		// -1: where the descriptor stands. The offset's other half is for machines of 32 bits.
		n, _, errno := unix.RawSyscall6(unix.SYS_PWRITEV2, uintptr(o.fd), uintptr(unsafe.Pointer(&vector[0])), 1,
			^uintptr(0), ^uintptr(0), unix.RWF_NOWAIT)
		runtime.KeepAlive(text)
		switch errno {
		case 0:
			return int(n)
		case unix.EINTR:
		case unix.EAGAIN:
			return 0
		case unix.EPIPE, unix.EBADF:
			o.drop(1, errno)
			return len(text)
		default: // a terminal, an old kernel, a filter that does not know the call
			o.blind = true
			return 0
		}
	}
}

// drop counts messages that are lost.
func (q *queue) drop(messages int, cause error) {
	q.dropped += messages
	q.cause = cause
}

// enqueue puts a copy of a text into the queue, behind news of what was dropped before it, and has that written. begun
// tells that the beginning of its line was written.
func (o *Outlet) enqueue(text []byte, begun bool) {
	one := message{fd: o.fd, begun: begun, stands: o.dropped + 1}
	if o.dropped > 0 {
		one.text = o.news()
	}
	one.text = append(one.text, text...)
	o.waiting = append(o.waiting, one)
	o.size += len(one.text)
	if o.emptied == nil {
		o.emptied = make(chan struct{})
		task.Go(o.ctx, o.drain)
	}
}

// news is the line about what was dropped, which counts as told then. It begins on a line of its own.
func (q *queue) news() (line []byte) {
	why := "the log was not read"
	if q.cause != nil {
		why = fmt.Sprintf("the log could not be written (%v)", q.cause)
	}
	if q.torn {
		line = []byte("\n")
	}
	line = append(line, q.line(fmt.Sprintf("log messages dropped because %s: %d", why, q.dropped))...)
	q.dropped, q.torn = 0, false
	return line
}

// drain writes what waits, however long that takes.
func (q *queue) drain() {
	defer q.abandon()
	var failed error
	for {
		next := q.next(failed)
		if next == nil {
			return
		}
		if failed = next.write(); failed != nil {
			q.lose(next, failed)
		}
	}
}

// write writes a message, however long that takes.
func (m *message) write() error {
	for m.done < len(m.text) {
		n, err := unix.Write(m.fd, m.text[m.done:])
		switch {
		case err == nil:
			m.done += n
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN): // somebody else made it so
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(m.fd), Events: unix.POLLOUT}}, -1)
		default:
			return err
		}
	}
	return nil
}

// lose counts a message that could not be written to its end.
func (q *queue) lose(m *message, cause error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(m.stands, cause)
	q.torn = m.begun || m.text[0] == '\n' // which was for the message before
	if m.done > 0 {
		q.torn = m.text[m.done-1] != '\n'
	}
}

// abandon gives up what is still in the queue: after a panic, that nobody may wait for it.
func (q *queue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.emptied != nil && recover() != nil {
		close(q.emptied)
		q.emptied, q.waiting, q.size = nil, nil, 0
	}
}

// next takes out the first message, after which there may be news of those that were dropped, unless the last one
// failed. nil: none is left.
func (q *queue) next(failed error) *message {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 && q.dropped > 0 && failed == nil {
		stands := q.dropped
		return &message{fd: q.newsTo, text: q.news(), stands: stands}
	}
	if len(q.waiting) == 0 {
		close(q.emptied)
		q.emptied = nil
		return nil
	}
	first := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.size -= len(first.text)
	return &first
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
