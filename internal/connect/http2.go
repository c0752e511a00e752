package connect

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"

	"localstack-entrypoint/internal/fault"
)

// speaksHTTP2 reports whether what a server says first is HTTP/2: a frame for the whole connection, SETTINGS
// or, to say goodbye, GOAWAY (RFC 9113, section 4.1). No other text of a web server begins with a zero.
func speaksHTTP2(first []byte) bool {
	const settings, goAway = 4, 7
	isFrame := len(first) > 3 && first[0] == 0 && (first[3] == settings || first[3] == goAway)
	return isFrame || bytes.HasPrefix(first, []byte("PRI * HTTP/2"))
}

// answerConn is a connection to host on which an answer of HTTP/1.1 is expected.
type answerConn struct {
	net.Conn
	host  string
	began atomic.Bool
	// broken is how the connection ended before an answer began. net/http has words of its own for some of
	// its ends, and types for none.
	broken atomic.Pointer[error]
}

// Read fails when the answer begins in HTTP/2.
func (c *answerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.began.Swap(true) {
		if speaksHTTP2(b[:n]) {
			failed := fault.New(fault.NetworkHTTPVersion, "%s answers in HTTP/2 to HTTP/1.1", c.host)
			return 0, failed.With(fault.Facts{Answered: true})
		}
	}
	return n, c.note(err)
}

func (c *answerConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.note(err)
}

// note keeps the first error, which is not that we have closed the connection.
func (c *answerConn) note(err error) error {
	if err != nil && !c.began.Load() && !errors.Is(err, net.ErrClosed) {
		c.broken.CompareAndSwap(nil, &err)
	}
	return err
}

// ended is how the connection ended before an answer began; nil if it did not.
func (c *answerConn) ended() error {
	if broken := c.broken.Load(); broken != nil {
		return *broken
	}
	return nil
}

// offersOnlyHTTP2 reports whether the target, which hung up on a request, agrees to HTTP/2 where it is
// offered; it did not agree to HTTP/1.1. No request is sent.
func (t *Transport) offersOnlyHTTP2(ctx context.Context, conn net.Conn) bool {
	secure, isTLS := conn.(*tls.Conn)
	if !isTLS || secure.ConnectionState().NegotiatedProtocol != "" {
		return false
	}
	probe := &handshake{host: t.target.Host}
	conf := t.server.small()
	conf.NextProtos = []string{"h2"}
	probe.run(ctx, conf, t.connect)
	defer probe.close()
	return probe.err == nil && probe.conn.ConnectionState().NegotiatedProtocol == "h2"
}
