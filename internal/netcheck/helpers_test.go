package netcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

const (
	// host is the name that the tests ask for.
	host = "api.localstack.test"
	// soon is what a loaded machine may take for what is done at once; the
	// waits that must not happen last 10 s and more.
	soon = 8 * time.Second
	// sendOnce keeps a loaded machine from sending a question again.
	sendOnce = "options timeout:10 attempts:1"
)

// here is a zone that knows host at one address.
func here() testkit.Zone { return testkit.Zone{host: {IP: []string{"127.0.0.1"}}} }

// failing is a server that answers everything with one code.
func failing(code int) testkit.Zone { return testkit.Zone{"*": {Rcode: code}} }

// resolverOf reads a resolv.conf that names the servers.
func resolverOf(t *testing.T, servers ...*testkit.DNSServer) *Resolver {
	t.Helper()
	return NewResolver(testkit.Root(t, servers...))
}

// resolverWith is resolverOf with more lines.
func resolverWith(t *testing.T, lines string, servers ...*testkit.DNSServer) *Resolver {
	t.Helper()
	root := t.TempDir()
	var addresses []string
	for _, server := range servers {
		addresses = append(addresses, server.Addr())
	}
	testkit.Put(t, root, "etc/resolv.conf", testkit.ResolvConf(addresses...)+lines+"\n")
	return NewResolver(root)
}

// expect looks name up and compares the addresses, in any order.
func expect(t *testing.T, r *Resolver, name string, want ...string) {
	t.Helper()
	addresses, err := r.Lookup(t.Context(), name)
	if err != nil {
		t.Fatalf("Lookup(%q): %v", name, err)
	}
	if got := sorted(addresses); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Fatalf("Lookup(%q) = %q, want %q", name, got, want)
	}
}

func sorted(addresses []netip.Addr) []string {
	var texts []string
	for _, address := range addresses {
		texts = append(texts, address.String())
	}
	slices.Sort(texts)
	return texts
}

// expectFailure looks name up and compares the statuses in the sentence; final
// tells whether asking again is in vain.
func expectFailure(t *testing.T, r *Resolver, name, statuses string, final bool) {
	t.Helper()
	addresses, err := r.Lookup(t.Context(), name)
	if err == nil {
		t.Fatalf("Lookup(%q) = %v, want a failure", name, addresses)
	}
	expectFault(t, err, fault.NetworkDNS, fmt.Sprintf("the name %s does not resolve (status: %s)", name, statuses))
	if got := errors.Is(err, ErrNoSuchName); got != final {
		t.Errorf("ErrNoSuchName: %t, want %t", got, final)
	}
}

// expectFault compares a failure's row, words and host.
func expectFault(t *testing.T, err error, id fault.ID, detail string) {
	t.Helper()
	failed, ok := fault.Find(err)
	if !ok {
		t.Fatalf("%v is no failure of the table", err)
	}
	if failed.ID != id || failed.Seen() != detail {
		t.Errorf("got  %s: %s\nwant %s: %s", failed.ID, failed.Seen(), id, detail)
	}
	if failed.Host == "" {
		t.Errorf("%v names no host", err)
	}
}

// within fails the test when act takes longer than limit.
func within(t *testing.T, limit time.Duration, act func()) {
	t.Helper()
	began := time.Now()
	act()
	if took := time.Since(began); took > limit {
		t.Errorf("took %v, at most %v were expected", took, limit)
	}
}

// from is "status from the server's address" of a sentence.
func from(status string, server *testkit.DNSServer) string { return status + " from " + server.Addr() }

// reporting reports each question that handler has dealt with.
func reporting(handler dns.Handler) (dns.Handler, <-chan struct{}) {
	dealt := make(chan struct{}, 100)
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		handler.ServeDNS(w, question)
		dealt <- struct{}{}
	}), dealt
}

// after holds questions back until n events have happened.
func after(n int, events <-chan struct{}, handler dns.Handler) dns.Handler {
	var once sync.Once
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		once.Do(func() {
			for range n {
				<-events
			}
		})
		handler.ServeDNS(w, question)
	})
}

// byFamily answers questions for IPv4 and IPv6 addresses in different ways.
func byFamily(four, six dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if question.Question[0].Qtype == dns.TypeA {
			four.ServeDNS(w, question)
		} else {
			six.ServeDNS(w, question)
		}
	})
}

// limited is a context that ends after a while, for where nothing can be heard
// of what is waited for.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// overdue is a context whose time is over when something has happened, however
// long that takes on a loaded machine.
type overdue struct {
	context.Context
	done chan struct{}
}

// overAfter returns a context whose deadline passes at the n-th event.
func overAfter(t *testing.T, events <-chan struct{}, n int) context.Context {
	t.Helper()
	ctx := overdue{context.Background(), make(chan struct{})}
	go func() {
		defer close(ctx.done)
		for range n {
			select {
			case <-events:
			case <-t.Context().Done():
			}
		}
	}()
	return ctx
}

// Done is closed when time is over.
func (c overdue) Done() <-chan struct{} { return c.done }

// Err is that of a deadline that has passed.
func (c overdue) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// hold accepts connections at ip and says nothing there; it reports each that
// has spoken.
func hold(t *testing.T, ip string) (port int, spoken <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	events := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			go func() {
				if n, _ := conn.Read(make([]byte, 1)); n > 0 {
					events <- struct{}{}
				}
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, events
}

// refuse takes a port, some free one for 0, without listening there: nobody
// else can, and connections are refused.
func refuse(t *testing.T, ip string, port int) (fd, taken int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: netip.MustParseAddr(ip).As4()}); err != nil {
		t.Fatal(err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, bound.(*unix.SockaddrInet4).Port
}

// swallow takes a port where connections are neither accepted nor refused: the
// queue of a listener that never accepts is full.
func swallow(t *testing.T, ip string, port int) (taken int) {
	t.Helper()
	fd, taken := refuse(t, ip, port)
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	// The first connection must get in to fill the queue, the next may.
	for patience := soon; ; patience = 200 * time.Millisecond {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", ip, taken), patience)
		if err != nil {
			return taken
		}
		t.Cleanup(func() { conn.Close() })
	}
}

// mustNotContain keeps secrets out of a text.
func mustNotContain(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%q reveals %q", text, secret)
		}
	}
}

// serveEach listens on 127.0.0.1 and serves each connection beside the others.
func serveEach(t *testing.T, serve func(net.Conn)) net.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return listener.Addr()
}
