package resolve

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
)

// Status is what became of a question: the name of an RCODE, the operating system's word for a failure,
// or one of those below.
type Status string

const (
	statusFound     Status = "NOERROR"
	statusNone      Status = "NXDOMAIN"
	statusEmpty     Status = "NOERROR without an address"
	statusBlocked   Status = "NOERROR with a blocking address"
	statusLoop      Status = "CNAME loop"
	statusMalformed Status = "malformed answer"
	statusClosed    Status = "connection closed"
	statusTimeout   Status = "timeout"
)

// Error makes a status an error.
func (s Status) Error() string { return string(s) }

// Denies reports whether a server says that the name leads nowhere.
func (s Status) Denies() bool { return s == statusNone || s == statusEmpty || s == statusBlocked }

// StatusOf is the status of an exchange that failed with err, or of one that did not end; other where
// nothing is known of err.
func StatusOf(err error, other Status) Status {
	var known Status
	var errno syscall.Errno
	switch {
	case errors.As(err, &known):
		return known
	case err == nil, IsTimeout(err), errors.Is(err, context.Canceled):
		return statusTimeout
	case errors.As(err, &errno):
		return Status(errno.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return statusClosed
	}
	return other
}

// IsTimeout reports whether time ran out for err, a single error.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
