// Package testkit has real servers and other helpers for the tests of several
// packages. No program links it.
package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/miekg/dns"
)

// DNSServer is a real name server on a loopback port, the same for UDP and TCP. It
// records the queries.
type DNSServer struct {
	address string
	servers []*dns.Server

	mu      sync.Mutex
	queries []DNSQuery
}

// DNSQuery is one query: a name in lower case without its final dot, a type such as
// "AAAA", and "udp" or "tcp"; EDNS is "yes" or "no".
type DNSQuery struct{ Name, Type, Network, EDNS string }

// DNS starts a server that runs until the end of the test. A [Zone] is the usual handler.
func DNS(t testing.TB, handler dns.Handler) *DNSServer {
	t.Helper()
	server, err := StartDNS(handler)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// StartDNS starts a server that runs until Close. It needs no [testing.TB].
func StartDNS(handler dns.Handler) (*DNSServer, error) {
	packets, listener, err := listenBoth()
	if err != nil {
		return nil, fmt.Errorf("cannot start a name server: %w", err)
	}
	s := &DNSServer{address: packets.LocalAddr().String()}
	var started sync.WaitGroup
	for _, server := range []*dns.Server{{PacketConn: packets}, {Listener: listener}} {
		server.Handler = s.counting(handler)
		server.NotifyStartedFunc = started.Done
		s.servers = append(s.servers, server)
		started.Add(1)
		go server.ActivateAndServe()
	}
	started.Wait() // a server cannot be shut down before
	return s, nil
}

// listenBoth listens on one port in both networks.
func listenBoth() (packets net.PacketConn, listener net.Listener, err error) {
	for range 20 {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, nil, err
		}
		if packets, err = net.ListenPacket("udp", listener.Addr().String()); err == nil {
			return packets, listener, nil
		}
		listener.Close()
	}
	return nil, nil, err
}

func (s *DNSServer) counting(handler dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		query := queryOf(w, question)
		s.mu.Lock()
		s.queries = append(s.queries, query)
		s.mu.Unlock()
		handler.ServeDNS(w, question)
	})
}

func queryOf(w dns.ResponseWriter, question *dns.Msg) DNSQuery {
	asked := question.Question[0]
	extended := "no"
	if question.IsEdns0() != nil {
		extended = "yes"
	}
	return DNSQuery{
		EDNS:    extended,
		Name:    strings.ToLower(strings.TrimSuffix(asked.Name, ".")),
		Type:    dns.TypeToString[asked.Qtype],
		Network: w.LocalAddr().Network(),
	}
}

// Addr is the server's host:port.
func (s *DNSServer) Addr() string { return s.address }

// Queries returns all queries so far, in their order.
func (s *DNSServer) Queries() []DNSQuery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]DNSQuery(nil), s.queries...)
}

// Count returns the number of queries that match; an empty field matches any value.
func (s *DNSServer) Count(pattern DNSQuery) int {
	matches := func(wanted, got string) bool { return wanted == "" || wanted == got }
	n := 0
	for _, query := range s.Queries() {
		if matches(pattern.Name, query.Name) && matches(pattern.Type, query.Type) &&
			matches(pattern.Network, query.Network) && matches(pattern.EDNS, query.EDNS) {
			n++
		}
	}
	return n
}

// Close stops the server at once. Answers that are not sent yet are lost.
func (s *DNSServer) Close() {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	for _, server := range s.servers {
		_ = server.ShutdownContext(now)
	}
}

// ResolvConf returns a resolv.conf with the servers at these host:port addresses, in
// OpenBSD's syntax, which has ports.
func ResolvConf(addresses ...string) string {
	var text strings.Builder
	for _, address := range addresses {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			panic("testkit: " + err.Error())
		}
		fmt.Fprintf(&text, "nameserver [%s]:%s\n", host, port)
	}
	return text.String()
}

// Root creates a folder for FILESYSTEM_ROOT whose etc/resolv.conf has these servers.
func Root(t testing.TB, servers ...*DNSServer) string {
	t.Helper()
	var addresses []string
	for _, server := range servers {
		addresses = append(addresses, server.Addr())
	}
	root := t.TempDir()
	Put(t, root, "etc/resolv.conf", ResolvConf(addresses...))
	return root
}

// Put writes a file below root, and creates its folders: Put(t, root, "etc/hosts",
// "127.0.0.1 licenses.test\n").
func Put(t testing.TB, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	// A process that another test starts now would inherit the open file until its execve, and a script
	// that is open for writing cannot be executed.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(content), 0o644)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
}
