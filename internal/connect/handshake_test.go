package connect

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/testkit"
)

// side is what is done with a connection on which a ClientHello comes.
type side func(t *testing.T, conn net.Conn)

// after does it a while after the ClientHello has come.
func after(d time.Duration, then side) side {
	return func(t *testing.T, conn net.Conn) {
		heard := make([]byte, 64<<10)
		n, _ := conn.Read(heard)
		time.Sleep(d)
		then(t, &told{Conn: conn, already: bytes.NewReader(heard[:n])})
	}
}

// told is a connection of which something was read already.
type told struct {
	net.Conn
	already *bytes.Reader
}

func (c *told) Read(b []byte) (int, error) {
	if c.already.Len() > 0 {
		return c.already.Read(b)
	}
	return c.Conn.Read(b)
}

// silent hears everything and says nothing.
func silent(_ *testing.T, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// hangsUp says nothing more.
func hangsUp(*testing.T, net.Conn) {}

// speaks is a TLS server; it stays until the client leaves.
func speaks(conf *tls.Config) side {
	return func(_ *testing.T, conn net.Conn) {
		server := tls.Server(conn, conf)
		if server.Handshake() == nil {
			_, _ = io.Copy(io.Discard, server)
		}
	}
}

// begins says the first bytes of an answer before it does the rest.
func begins(rest side) side {
	return func(t *testing.T, conn net.Conn) {
		_, _ = conn.Write([]byte{22, 3, 3})
		rest(t, conn)
	}
}

// refuses sends the alert "decode_error".
func refuses(_ *testing.T, conn net.Conn) {
	_, _ = conn.Write([]byte{21, 3, 3, 0, 2, 2, 50})
}

// queue is a connection whose writes wait for nobody, as those of the kernel.
type queue struct {
	net.Conn
	waiting chan []byte
}

func queued(conn net.Conn, pump *sync.WaitGroup) *queue {
	q := &queue{conn, make(chan []byte, 100)}
	pump.Go(func() {
		for bytes := range q.waiting {
			_, _ = conn.Write(bytes)
		}
		conn.Close()
	})
	return q
}

func (q *queue) Write(b []byte) (int, error) {
	q.waiting <- bytes.Clone(b)
	return len(b), nil
}

// Close may be called once; the other side hears what was said before.
func (q *queue) Close() error {
	close(q.waiting)
	return nil
}

// sided is a host whose n-th connection ends at the n-th side.
type sided struct {
	t     *testing.T
	sides []side
	mu    sync.Mutex
	begun []time.Duration
	left  sync.WaitGroup // for every connection to be closed
	start time.Time
}

func (s *sided) open(context.Context) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.begun)
	s.begun = append(s.begun, time.Since(s.start))
	if n == len(s.sides) {
		s.t.Error("one connection too many")
		return nil, syscall.ECONNREFUSED
	}
	if s.sides[n] == nil {
		return nil, syscall.ECONNREFUSED
	}
	ours, theirs := net.Pipe()
	s.left.Go(func() {
		mine := queued(theirs, &s.left)
		defer mine.Close()
		s.sides[n](s.t, mine)
	})
	return ours, nil
}

func TestASmallHelloFollowsALargeOneThatNobodyAnswers(t *testing.T) {
	a := testkit.NewAuthority(t, "CA")
	server := speaks(&tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}})
	another := speaks(&tls.Config{Certificates: []tls.Certificate{a.Issue(t, "another.test", nil)}})
	refusing := speaks(&tls.Config{MaxVersion: tls.VersionTLS11, Certificates: []tls.Certificate{a.Issue(t, host, nil)}})
	conf := &tls.Config{ServerName: host, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		if s.PeerCertificates[0].VerifyHostname(host) != nil {
			return errors.New("for another")
		}
		return nil
	}}
	const ms, s = time.Millisecond, time.Second
	for name, c := range map[string]struct {
		sides []side
		takes time.Duration
		fails string // part of the error; "" for none
		warns string // part of the warning; "" for none
	}{
		"answer at once":      {sides: []side{server}},
		"answer after 900 ms": {sides: []side{after(900*ms, server)}, takes: 900 * ms},
		"each answer takes 3 s": {
			sides: []side{after(3*s, server), after(3*s, server)}, takes: 3 * s,
		},
		"silence": {sides: []side{silent, server, silent}, takes: s + leastProof, warns: "got no answer"},
		"end": {
			sides: []side{after(0, hangsUp), server, after(0, hangsUp)}, warns: "was followed by the end",
		},
		"end, then an answer after 900 ms": {
			sides: []side{after(0, hangsUp), after(900*ms, server), after(0, hangsUp)}, takes: 900 * ms,
			warns: "was followed by the end",
		},
		"late end beside the small one": {
			sides: []side{after(1500*ms, hangsUp), after(900*ms, server), after(0, hangsUp)}, takes: 1900 * ms,
			warns: "was followed by the end",
		},
		"silence at first only":              {sides: []side{silent, server, server}, takes: s},
		"end at first only":                  {sides: []side{after(0, hangsUp), server, server}},
		"end, then nothing to connect to":    {sides: []side{after(0, hangsUp), server, nil}},
		"answer begins beside a whole one":   {sides: []side{after(1500*ms, begins(silent)), after(s, server)}, takes: 2 * s},
		"small one ends, large one is slow":  {sides: []side{after(3*s, server), after(0, hangsUp)}, takes: 3 * s},
		"small one cannot connect, and slow": {sides: []side{after(3*s, server), nil}, takes: 3 * s},
		"both end":                           {sides: []side{after(0, hangsUp), after(0, hangsUp)}, fails: "EOF"},
		"one ends, no second connection":     {sides: []side{after(0, hangsUp), nil}, fails: "EOF"},
		"one ends, the other is silent":      {sides: []side{after(0, hangsUp), silent}, takes: 5 * s, fails: "EOF"},
		"both are silent":                    {sides: []side{silent, silent}, takes: 5 * s, fails: "deadline exceeded"},
		"alert":                              {sides: []side{refusing}, fails: "protocol version"},
		"alert about the ClientHello": {
			sides: []side{after(0, refuses), server, after(0, refuses)}, warns: "was refused by an alert",
		},
		"alert at first only":           {sides: []side{after(0, refuses), server, server}},
		"alert about every ClientHello": {sides: []side{after(0, refuses), after(0, refuses)}, fails: "error decoding"},
		"alert, no second connection":   {sides: []side{after(0, refuses), nil}, fails: "error decoding"},
		"silence, then an alert":        {sides: []side{silent, refusing}, takes: s, fails: "protocol version"},
		"wrong certificate":             {sides: []side{another}, fails: "for another"},
		"slow wrong certificate, then silence": {
			sides: []side{after(2*s, another), silent}, takes: 2 * s, fails: "for another",
		},
		"silence, then a wrong certificate": {sides: []side{silent, another}, takes: s, fails: "for another"},
		"answer begins, and takes time": {
			sides: []side{after(0, begins(silent))}, takes: 5 * s, fails: "deadline exceeded",
		},
		"answer begins, and ends":      {sides: []side{after(0, begins(hangsUp))}, fails: "EOF"},
		"answer begins late, and ends": {sides: []side{after(2*s, begins(hangsUp)), silent}, takes: 2 * s, fails: "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer := &sided{t: t, sides: c.sides, start: time.Now()}
				warned, took, err := peer.shake(t, conf, 5*s)
				if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
					t.Errorf("error %v, want %q", err, c.fails)
				}
				if took != c.takes || len(peer.begun) != len(c.sides) {
					t.Errorf("took %v, want %v; connections at %v", took, c.takes, peer.begun)
				}
				if (warned == "") != (c.warns == "") || !strings.Contains(warned, c.warns) {
					t.Errorf("warned %q, want %q", warned, c.warns)
				}
			})
		})
	}
}

func TestWithLittleTimeSomeIsLeftForTheSmallHello(t *testing.T) {
	a := testkit.NewAuthority(t, "CA")
	server := speaks(&tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}})
	synctest.Test(t, func(t *testing.T) {
		peer := &sided{t: t, sides: []side{silent, server, silent}, start: time.Now()}
		conf := &tls.Config{ServerName: host, InsecureSkipVerify: true}
		warned, took, err := peer.shake(t, conf, 1200*time.Millisecond)
		if err != nil || warned == "" || took != 400*time.Millisecond+leastProof {
			t.Errorf("%v, warned %q, took %v", err, warned, took)
		}
	})
}

// shake does the handshake with the host, within some time, and waits until every connection is closed.
// It returns the warning, if there was one.
func (s *sided) shake(
	t *testing.T, conf *tls.Config, within time.Duration,
) (warned string, took time.Duration, err error) {
	t.Helper()
	transport := &Transport{target: &url.URL{Scheme: "https", Host: host}, warn: func(f *fault.Error) {
		if f.ID != fault.NetworkLargeHello || f.Host != host || warned != "" {
			t.Errorf("warned of %v of %s, and %q", f, f.Host, warned)
		}
		warned = f.Detail
	}}
	transport.server.conf = conf
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	conn, err := transport.shake(ctx, &transport.server, transport.target, s.open)
	took = time.Since(s.start)
	if conn != nil {
		conn.Close()
	}
	s.left.Wait()
	return warned, took, err
}

func TestAPanicBesideAHandshakeIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := &sided{t: t, sides: []side{silent}, start: time.Now()}
		var told []any
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ctx = task.Watch(ctx, func(p *task.Panic) { told = append(told, p.Value); cancel() })
		transport := &Transport{target: &url.URL{Scheme: "https", Host: host}}
		transport.server.conf = &tls.Config{ServerName: host}
		_, err := transport.shake(ctx, &transport.server, transport.target, func(ctx context.Context) (net.Conn, error) {
			if len(peer.begun) == 1 {
				panic("boom")
			}
			return peer.open(ctx)
		})
		peer.left.Wait()
		if !errors.Is(err, context.Canceled) || len(told) != 1 || told[0] != "boom" {
			t.Errorf("%v, told %v", err, told)
		}
	})
}
