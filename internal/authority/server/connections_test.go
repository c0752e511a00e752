package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority/api"
)

// ask asks over a new connection, and fails the test unless the answer comes soon.
func ask(t testing.TB, address string) {
	t.Helper()
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Post("http://"+address+"/v1/license/request", "", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if content, err := io.ReadAll(reply.Body); err != nil || string(content) != "got {}" {
		t.Errorf("it answers %d %q, %v", reply.StatusCode, content, err)
	}
}

// Each of these clients holds a connection, as many as there may be. Others are answered all the same.
func TestClientsThatOnlyWaitKeepNobodyOut(t *testing.T) {
	t.Parallel()
	const most = 20
	const post = "POST /v1/license/request HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
	for name, hold := range map[string]func(net.Conn){
		"silent": func(net.Conn) {},
		"idle after an answer": func(conn net.Conn) {
			fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
			if reply, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				_, _ = io.ReadAll(reply.Body)
			}
		},
		"half a header": func(conn net.Conn) { fmt.Fprint(conn, post[:20]) },
		"half a body":   func(conn net.Conn) { fmt.Fprint(conn, post+"{") },
		"half a header, after answers": func(conn net.Conn) {
			fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"+post[:20])
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *Options) { o.MaxConnections = most })
			address, _ := f.serve()
			for range 5 * most {
				hold(dial(t, address))
			}
			for range 3 * most {
				ask(t, address)
			}
			f.conns.mu.Lock()
			defer f.conns.mu.Unlock()
			if f.conns.open > most {
				t.Errorf("%d connections are open, more than %d", f.conns.open, most)
			}
		})
	}
}

// Headers that come byte by byte, from more clients than there may be connections.
func TestClientsThatSendByteByByteKeepNobodyOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.MaxConnections = 20 })
	address, _ := f.serve()
	done := make(chan struct{})
	var slow sync.WaitGroup
	for range 50 {
		slow.Go(func() {
			for {
				conn, err := net.Dial("tcp4", address)
				for err == nil {
					select {
					case <-done:
						conn.Close()
						return
					case <-time.After(5 * time.Millisecond):
						_, err = io.WriteString(conn, "G")
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 10 {
		ask(t, address)
	}
	close(done)
	slow.Wait()
}

// A connection that is being answered is never closed for another one, which waits.
func TestARequestThatIsAnsweredKeepsItsConnection(t *testing.T) {
	t.Parallel()
	const most = 3
	f := newFixture(t, func(o *Options) { o.MaxConnections = most })
	arrived, release := make(chan struct{}), make(chan struct{})
	f.get("/slow", func(*http.Request) *api.Answer {
		arrived <- struct{}{}
		<-release
		return &api.Answer{Status: http.StatusOK, Text: "done"}
	})
	address, _ := f.serve()
	answers := make(chan string, most)
	for range most {
		conn := dial(t, address)
		fmt.Fprint(conn, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
		<-arrived
		go func() {
			reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				answers <- err.Error()
				return
			}
			content, _ := io.ReadAll(reply.Body)
			answers <- string(content)
		}()
	}
	late := make(chan struct{})
	go func() {
		defer close(late)
		ask(t, address)
	}()
	select {
	case <-late:
		t.Error("there is one more connection than there may be")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	for range most {
		if got := <-answers; got != "done" {
			t.Errorf("the answer is %q", got)
		}
	}
	<-late
}

// failing is a listener that fails before each connection.
type failing struct {
	net.Listener
	errs []error
	next int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.next < len(f.errs) {
		f.next++
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", f.errs[f.next-1])}
	}
	return f.Listener.Accept()
}

func TestNoErrorOfAcceptEndsTheServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	spoiled := &failing{Listener: listener, errs: []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EPERM, syscall.EPROTO,
	}}
	ended := make(chan error, 1)
	go func() { ended <- f.Serve(t.Context(), spoiled, nil, nil) }()
	ask(t, listener.Addr().String())
	const said = "cannot accept a connection, trying again: accept: accept4: too many open files"
	if log := f.log.String(); strings.Count(log, said) != 1 {
		t.Errorf("the log is %s", log)
	}
	listener.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(patience):
		t.Error("it does not end with its listener")
	}
}

// TestStoppingWaitsForRequestsOnly has a client that sends nothing, an idle one, and one that has sent half a request.
func TestStoppingWaitsForRequestsOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	address, stop := f.serve()
	dial(t, address)
	idle := dial(t, address)
	fmt.Fprint(idle, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
	if reply, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil || reply.StatusCode != http.StatusOK {
		t.Fatal(reply, err)
	}
	asking := dial(t, address)
	fmt.Fprint(asking, "POST /v1/license/request HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	reader := bufio.NewReader(asking)
	for range 2 {
		if line, err := reader.ReadString('\n'); err != nil {
			t.Fatalf("it answers %q, %v", line, err)
		}
	}
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	eventually(t, "it no longer listens", func() bool {
		conn, err := net.Dial("tcp4", address)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if reply := f.send(http.MethodGet, "/readyz", ""); reply.Code != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d while it stops", reply.Code)
	}
	fmt.Fprint(asking, "{}")
	if reply, err := http.ReadResponse(reader, nil); err != nil || reply.StatusCode != http.StatusOK {
		t.Errorf("the request under way is answered with %v, %v", reply, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping takes %s", took)
	}
}

func TestConnectionsFitIntoTheLimitOfDescriptors(t *testing.T) {
	t.Parallel()
	for limit, want := range map[uint64]int{
		10: -4, 64: 13, 256: 200, 1024: 968, 1 << 20: 1<<20 - 56, 1 << 63: 1<<30 - 56,
	} {
		if got := room(limit); got != want {
			t.Errorf("%d descriptors have room for %d connections, want %d", limit, got, want)
		}
	}
}
