package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// connections bounds the open connections of a server. When there are too many, it closes the one that has waited
// longest for its client: first one between two requests, then one before the end of one. So neither idle clients
// nor those that send a byte now and then keep others out. A connection whose request is being answered is never
// closed.
type connections struct {
	most    int // 0: no bound
	evicted prometheus.Counter
	log     func(string)

	mu      sync.Mutex
	changed sync.Cond // one was closed, or waits for its client
	open    int
	// idle are those between two requests, arriving those on which a request is awaited or comes; of *connection, the
	// first has waited longest. The others are being answered.
	idle, arriving list.List
	closed         bool // no more are accepted
}

// grace is the time that a client has at least to send a request.
const grace = 250 * time.Millisecond

func newConnections(most int, log func(string)) *connections {
	c := &connections{most: most, log: log, evicted: prometheus.NewCounter(prometheus.CounterOpts{
		Name: prefix + "connections_evicted_total",
		Help: "Connections closed while they waited for their client, because there were too many.",
	})}
	c.changed.L = &c.mu
	return c
}

// connection is an accepted connection.
type connection struct {
	net.Conn
	of    *connections
	heard atomic.Bool // the client has sent something since it was waited for

	list  *list.List // in which it waits; nil while a request is answered, and at the end
	place *list.Element
	since time.Time // it waits
	ended bool
}

// wait puts a connection at the end of a list of waiting ones; nil takes it out.
func (c *connection) wait(in *list.List) {
	if c.list != nil {
		c.list.Remove(c.place)
	}
	if c.list = in; in != nil {
		c.place, c.since = in.PushBack(c), time.Now()
	}
}

// bounded is a listener whose connections are bounded.
type bounded struct {
	net.Listener
	*connections
}

// longestPause is how long accept waits at most after an error, such as that of a full table of descriptors.
const longestPause = time.Second

// Accept returns the next connection. The only error is [net.ErrClosed]: no other may end the server.
func (b bounded) Accept() (net.Conn, error) {
	pause, told := time.Duration(0), time.Time{}
	for {
		accepted, err := b.Listener.Accept()
		switch {
		case err == nil:
			if c := b.admit(accepted); c != nil {
				return c, nil
			}
			return nil, net.ErrClosed
		case errors.Is(err, net.ErrClosed):
			return nil, net.ErrClosed
		}
		if time.Since(told) > time.Minute {
			told = time.Now()
			b.log(fmt.Sprintf("cannot accept a connection, trying again: %v", err))
		}
		if b.evict() > 0 {
			pause = min(max(2*pause, 5*time.Millisecond), longestPause)
			time.Sleep(pause)
		}
	}
}

// admit counts a connection as soon as there is room for it; nil when no more are accepted.
func (c *connections) admit(accepted net.Conn) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.most > 0 && c.open >= c.most && !c.closed {
		if later := c.evictLocked(); later > 0 {
			c.waitUpTo(later)
		}
	}
	if c.closed {
		_ = accepted.Close()
		return nil
	}
	conn := &connection{Conn: accepted, of: c}
	c.open++
	conn.wait(&c.arriving)
	return conn
}

// waitUpTo waits until something changes, or a time has passed.
func (c *connections) waitUpTo(longest time.Duration) {
	alarm := time.AfterFunc(longest, func() {
		c.mu.Lock() // not before Wait listens: nothing else may ever change
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})
	defer alarm.Stop()
	c.changed.Wait()
}

// evict closes a connection that waits for its client, and returns 0, or after which time there may be one.
func (c *connections) evict() (later time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.evictLocked()
}

func (c *connections) evictLocked() (later time.Duration) {
	later = grace
	for _, in := range []*list.List{&c.idle, &c.arriving} {
		first := in.Front()
		if first == nil {
			continue
		}
		conn := first.Value.(*connection)
		rest := grace - time.Since(conn.since)
		if rest <= 0 {
			c.forget(conn)
			_ = conn.Conn.Close()
			c.evicted.Inc()
			return 0
		}
		later = min(later, rest)
	}
	return later
}

// isCrowded reports whether clients had better not keep their connections after an answer.
func (c *connections) isCrowded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most > 0 && c.open >= c.most-c.most/8
}

// forget no longer counts a connection.
func (c *connections) forget(conn *connection) {
	if conn.ended {
		return
	}
	conn.ended = true
	c.open--
	conn.wait(nil)
	c.changed.Broadcast()
}

// Close closes the connection.
func (c *connection) Close() error {
	c.of.mu.Lock()
	c.of.forget(c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite tells the client that the answer is whole: package net/http then waits a little for what the client still
// sends, as a connection that is closed at once would lose the answer.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Read notes that the client has sent something.
func (c *connection) Read(to []byte) (int, error) {
	n, err := c.Conn.Read(to)
	if n > 0 && !c.heard.Swap(true) {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		if c.list == &c.of.idle {
			c.wait(&c.of.arriving)
		}
	}
	return n, err
}

type connectionKey struct{}

// context is for [http.Server.ConnContext].
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, ours(conn))
}

// ours is the connection that was accepted.
func ours(conn net.Conn) *connection {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	accepted, _ := conn.(*connection)
	return accepted
}

// begin notes that a request has come completely.
func (c *connections) begin(ctx context.Context) {
	if conn, _ := ctx.Value(connectionKey{}).(*connection); conn != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		conn.wait(nil)
	}
}

// state is for [http.Server.ConnState].
func (c *connections) state(conn net.Conn, state http.ConnState) {
	accepted := ours(conn)
	if accepted == nil || state != http.StateIdle {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !accepted.ended {
		accepted.heard.Store(false)
		accepted.wait(&c.idle)
		c.changed.Broadcast()
	}
}

// stop accepts no more connections, and closes those whose clients have sent nothing.
func (c *connections) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.changed.Broadcast()
	for _, in := range []*list.List{&c.idle, &c.arriving} {
		for place := in.Front(); place != nil; {
			conn := place.Value.(*connection)
			place = place.Next()
			if !conn.heard.Load() {
				c.forget(conn)
				_ = conn.Conn.Close()
			}
		}
	}
}

var connectionsNow = prometheus.NewDesc(prefix+"connections", "Open connections, by state.",
	[]string{"state"}, nil)

// Describe implements [prometheus.Collector].
func (c *connections) Describe(to chan<- *prometheus.Desc) {
	to <- connectionsNow
	c.evicted.Describe(to)
}

// Collect implements [prometheus.Collector].
func (c *connections) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	open, idle, arriving := c.open, c.idle.Len(), c.arriving.Len()
	c.mu.Unlock()
	gauge := func(value int, state string) {
		to <- prometheus.MustNewConstMetric(connectionsNow, prometheus.GaugeValue, float64(value), state)
	}
	gauge(open-idle-arriving, "answering")
	gauge(idle, "idle")
	gauge(arriving, "arriving")
	c.evicted.Collect(to)
}
