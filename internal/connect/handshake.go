package connect

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/waiting"
)

// helloPatience is how long a ClientHello may stay without an answer before a small one is tried beside
// it. A lost packet is sent again several times within that time.
const helloPatience = time.Second

// leastProof is how long, at least, a large ClientHello is waited for again after a small one has helped.
const leastProof = 250 * time.Millisecond

// tlsServer is a host with which TLS is spoken.
type tlsServer struct {
	conf *tls.Config
	// isSmall is whether its ClientHello has to be small.
	isSmall atomic.Bool
}

// classical are the key exchanges whose shares are small. Go's post-quantum ones make a ClientHello of
// about 1,500 bytes: more than a packet holds, and more than some devices on the way expect.
var classical = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// Learn takes over what another transport has found out on the way to the same target, so that it is
// neither tried nor warned of again.
func (t *Transport) Learn(from *Transport) {
	t.server.isSmall.Store(from.server.isSmall.Load())
	t.gate.isSmall.Store(from.gate.isSmall.Load())
}

// small is the configuration for a small ClientHello; the rest is the same.
func (s *tlsServer) small() *tls.Config {
	conf := s.conf.Clone()
	conf.CurvePreferences = classical
	return conf
}

// shake connects by open and does the TLS handshake with server, which is at host. When a reset, the end
// of the connection, an alert or silence follows the ClientHello, a small one is sent over another connection,
// beside the first. The result is the first handshake that succeeds, or the first failure that came with an answer.
func (t *Transport) shake(
	ctx context.Context, server *tlsServer, host *url.URL, open func(context.Context) (net.Conn, error),
) (net.Conn, error) {
	if server.isSmall.Load() {
		only := &handshake{host: host.Host}
		only.run(ctx, server.small(), open)
		return only.result()
	}
	conn, err := open(ctx)
	if err != nil {
		return nil, err
	}
	race := &helloRace{ctx: ctx, server: server, open: open, ended: make(chan struct{})}
	race.large.host, race.small.host = host.Host, host.Host // the same words, so that they are told as one wait
	winner := race.run(conn)
	if winner == &race.small && winner.err == nil && race.failsAgain() && !server.isSmall.Swap(true) && t.warn != nil {
		t.warn(race.finding(host.Hostname()).With(fault.Facts{Server: t.target.String()}))
	}
	return winner.result()
}

// helloRace is a handshake with a large ClientHello, and one with a small one where that becomes
// necessary.
type helloRace struct {
	ctx          context.Context
	server       *tlsServer
	open         func(context.Context) (net.Conn, error)
	large, small handshake
	endLarge     context.CancelFunc
	ofSmall      context.Context
	// ended is closed when the small one has ended; decided, written before, is whether it counts.
	ended   chan struct{}
	decided bool
}

// run returns the handshake that counts, when both have ended. The other one is closed.
func (r *helloRace) run(conn net.Conn) *handshake {
	ofLarge, endLarge := context.WithCancel(r.ctx)
	defer endLarge()
	ofSmall, endSmall := context.WithCancel(r.ctx)
	defer endSmall()
	r.endLarge, r.ofSmall = endLarge, ofSmall
	timer := time.AfterFunc(patience(r.ctx), r.trySmall)
	r.large.over(ofLarge, conn, r.server.conf)
	isAlone := timer.Stop()
	isAnswer := r.large.heard() || !isReset(r.large.err) && !r.large.isRefused()
	switch {
	case r.large.err == nil, isAnswer && ofLarge.Err() == nil, isAlone && r.ctx.Err() != nil:
		endSmall()
		if !isAlone {
			<-r.ended
			r.small.close()
		}
		return &r.large
	case isAlone:
		r.trySmall()
	default:
		<-r.ended
	}
	if r.decided {
		return &r.small
	}
	return &r.large
}

// trySmall runs the handshake with the small ClientHello.
func (r *helloRace) trySmall() {
	defer close(r.ended)
	if r.large.heard() {
		return // it only takes its time
	}
	r.small.run(r.ofSmall, r.server.small(), r.open)
	if r.small.err == nil || r.small.got.Load() > 0 && r.ofSmall.Err() == nil {
		r.decided = true
		r.endLarge()
	}
}

// failsAgain reports whether another large ClientHello gets no answer either, now that a small one has got
// one. Otherwise the server or the network was only slow, or not ready.
func (r *helloRace) failsAgain() bool {
	if r.large.heard() || r.large.size.Load() <= r.small.size.Load() { // GODEBUG=tlsmlkem=0
		return false
	}
	ctx, cancel := context.WithTimeout(r.ctx, min(patience(r.ctx), max(leastProof, 4*r.small.took)))
	defer cancel()
	again := &handshake{host: r.large.host}
	again.run(ctx, r.server.conf, r.open)
	again.close()
	return again.size.Load() > 0 && !again.heard()
}

// finding is that only the small ClientHello got through.
func (r *helloRace) finding(host string) *fault.Error {
	what := "got no answer"
	switch {
	case r.large.isRefused():
		what = "was refused by an alert"
	case isReset(r.large.err):
		what = "was followed by the end of the connection"
	}
	return fault.New(fault.NetworkLargeHello, "a ClientHello of %d bytes %s, and one of %d bytes was answered",
		r.large.size.Load(), what, r.small.size.Load()).With(fault.Facts{Host: host})
}

// patience is how long a ClientHello may stay without an answer. Where there is little time, something
// must be left for the small one.
func patience(ctx context.Context) time.Duration {
	if deadline, bounded := ctx.Deadline(); bounded {
		return min(helloPatience, time.Until(deadline)/3)
	}
	return helloPatience
}

// handshake is one over a connection of its own.
type handshake struct {
	// host is whom it is with, for people.
	host string
	// size is that of its ClientHello as it was sent, got that of all that was answered, in bytes.
	size, got atomic.Int64
	// last is the last byte that was answered: of an alert, what it says.
	last atomic.Uint32
	// took is how long the connection and the handshake took.
	took time.Duration
	conn *tls.Conn // nil until it has succeeded
	err  error
}

const (
	// alertSize is that of a record with an alert (RFC 8446, sections 5.1 and 6), in bytes.
	alertSize = 7
	// protocolVersion is the alert of a server that has read the ClientHello.
	protocolVersion = 70
)

// heard reports whether a server has answered, so that its ClientHello got through as it was.
func (h *handshake) heard() bool { return h.got.Load() > 0 && !h.isRefused() }

// isRefused reports whether an alert was all that came back, as from devices that cannot read a large ClientHello.
func (h *handshake) isRefused() bool {
	return h.got.Load() == alertSize && h.last.Load() != protocolVersion
}

// run connects by open and does the handshake. A panic is its error.
func (h *handshake) run(ctx context.Context, conf *tls.Config, open func(context.Context) (net.Conn, error)) {
	began := time.Now()
	_, h.err = task.Guard(ctx, func() (any, error) {
		conn, err := open(ctx)
		if err == nil {
			h.over(ctx, conn, conf)
			err = h.err
		}
		return nil, err
	})
	h.took = time.Since(began)
}

// over does the handshake over conn, which is closed if it fails.
func (h *handshake) over(ctx context.Context, conn net.Conn, conf *tls.Config) {
	defer waiting.For(ctx, func() string { return "the TLS handshake with " + h.host })()
	secure := tls.Client(&wire{conn, h}, conf)
	if h.err = secure.HandshakeContext(ctx); h.err != nil {
		conn.Close()
		return
	}
	h.conn = secure
}

func (h *handshake) close() {
	if h.conn != nil {
		h.conn.Close()
	}
}

func (h *handshake) result() (net.Conn, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.conn, nil
}

// wire notes what is sent and heard in a handshake.
type wire struct {
	net.Conn
	of *handshake
}

func (w *wire) Write(b []byte) (int, error) {
	w.of.size.CompareAndSwap(0, int64(len(b))) // crypto/tls writes the ClientHello at once
	return w.Conn.Write(b)
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if n > 0 {
		w.of.last.Store(uint32(b[n-1]))
		w.of.got.Add(int64(n))
	}
	return n, err
}
