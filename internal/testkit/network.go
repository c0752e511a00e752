package testkit

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// Soon is what a loaded machine may take for what is done at once; the waits
// that must not happen last 10 s and more.
const Soon = 8 * time.Second

// RunSideBySide runs a package's tests, more of them at a time than there are processors: they wait for
// time to pass, they hardly compute.
func RunSideBySide(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "16")
	m.Run()
}

// ExpectFault compares a failure's row, words and host.
func ExpectFault(t *testing.T, err error, id fault.ID, detail string) {
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

// Within fails the test when act takes longer than limit.
func Within(t *testing.T, limit time.Duration, act func()) {
	t.Helper()
	began := time.Now()
	act()
	if took := time.Since(began); took > limit {
		t.Errorf("took %v, at most %v were expected", took, limit)
	}
}

// Reporting reports each question that handler has dealt with.
func Reporting(handler dns.Handler) (dns.Handler, <-chan struct{}) {
	dealt := make(chan struct{}, 100)
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		handler.ServeDNS(w, question)
		dealt <- struct{}{}
	}), dealt
}

// Limited is a context that ends after a while, for where nothing can be heard
// of what is waited for.
func Limited(t *testing.T) context.Context {
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

// OverAfter returns a context whose deadline passes at the n-th event.
func OverAfter(t *testing.T, events <-chan struct{}, n int) context.Context {
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

// Hold accepts connections at ip and says nothing there; it reports each that
// has spoken.
func Hold(t *testing.T, ip string) (port int, spoken <-chan struct{}) {
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

// Refuse takes a port, some free one for 0, without listening there: nobody
// else can, and connections are refused.
func Refuse(t *testing.T, ip string, port int) (fd, taken int) {
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

// Swallow takes a port where connections are neither accepted nor refused: the
// queue of a listener that never accepts is full.
func Swallow(t *testing.T, ip string, port int) (taken int) {
	t.Helper()
	fd, taken := Refuse(t, ip, port)
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	// The first connection must get in to fill the queue, the next may.
	for patience := Soon; ; patience = 200 * time.Millisecond {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", ip, taken), patience)
		if err != nil {
			return taken
		}
		t.Cleanup(func() { conn.Close() })
	}
}

// MustNotContain keeps secrets out of a text.
func MustNotContain(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%q reveals %q", text, secret)
		}
	}
}

// ServeEach listens on 127.0.0.1 and serves each connection beside the others.
func ServeEach(t *testing.T, serve func(net.Conn)) net.Addr {
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

// Speak listens on 127.0.0.1, says text to whoever has asked something, and closes.
func Speak(t *testing.T, text string) net.Addr {
	t.Helper()
	return ServeEach(t, func(conn net.Conn) {
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 64<<10)) // all of it, lest the close become a reset
		_, _ = io.WriteString(conn, text)
	})
}
