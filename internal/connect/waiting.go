package connect

import (
	"context"
	"sync"

	"localstack-entrypoint/internal/waiting"
)

// stage notes what a request waits for, one thing after the other.
type stage struct {
	mu    sync.Mutex
	done  func() // ends the last note; nil before the first
	ended bool
}

// begin ends the note before. what is as for [waiting.For].
func (s *stage) begin(ctx context.Context, what func() string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil {
		s.done()
	}
	if !s.ended { // what net/http is told late belongs to nobody any more
		s.done = waiting.For(ctx, what)
	}
}

// end ends the last note.
func (s *stage) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.done != nil {
		s.done()
	}
}

// waitForTunnel notes that the proxy, if there is one, is asked to connect to the target.
func (c *connection) waitForTunnel() {
	if c.proxy == nil || c.target.Scheme != "https" {
		return
	}
	c.stage.begin(c.request, func() string {
		return "the proxy " + ProxyName(c.proxy) + " to connect to " + c.target.Host
	})
}

// waitForHandshake notes a TLS handshake with a host, the proxy or the target.
func (c *connection) waitForHandshake(host string) {
	c.stage.begin(c.request, func() string { return "the TLS handshake with " + host })
}

// waitForAnswer notes that the request is under way.
func (c *connection) waitForAnswer() {
	c.stage.begin(c.request, func() string {
		if c.proxy != nil {
			return "the answer of " + c.target.Host + " through the proxy " + ProxyName(c.proxy)
		}
		return "the answer of " + c.target.Host
	})
}
