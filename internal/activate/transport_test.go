package activate

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
)

// overHTTP is a scene whose requests really travel to handler.
func overHTTP(t *testing.T, handler http.HandlerFunc) *scene {
	t.Helper()
	served := httptest.NewServer(handler)
	t.Cleanup(served.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s := newScene(t)
	s.Transport = transport
	var endpoint config.Endpoint
	must(t, endpoint.Decode(served.URL+"/v1"))
	s.Config.Endpoint = endpoint
	return s
}

func TestARealExchange(t *testing.T) {
	t.Parallel()
	s := overHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/license/request" ||
			!strings.Contains(string(body), token) {
			t.Errorf("%s %s %s, %v", r.Method, r.URL, body, err)
		}
		_, _ = io.WriteString(w, encode(issued(nil)))
	})
	if err := s.run(t); err != "" {
		t.Error(err)
	}
	if s.get(t, ownPath) == "" {
		t.Error("nothing is kept")
	}
}

func TestTheTokenFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			var led atomic.Int32
			elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { led.Add(1) }))
			defer elsewhere.Close()
			s := overHTTP(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL+"/v1", status) })
			failed := asFault(t, s.Run(t.Context()))
			if failed.ID != fault.NetworkWrongServer || !strings.Contains(failed.Detail, "another address on the same host") {
				t.Errorf("%v", failed)
			}
			if led.Load() != 0 {
				t.Error("the other host was asked")
			}
		})
	}
}

func TestAnAnswerWithoutAnEndIsNotReadToIt(t *testing.T) {
	t.Parallel()
	s := overHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
		for part := []byte(strings.Repeat("x", 64<<10)); ; {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	if got, want := s.run(t), "network.not_a_license_server: its answer (status 200) is larger than 1 MiB"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// inMemory is a listener whose connections stay within a synctest bubble.
type inMemory struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *inMemory) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *inMemory) Close() error   { close(l.closed); return nil }
func (l *inMemory) Addr() net.Addr { return &net.TCPAddr{} }

func (l *inMemory) dial() (net.Conn, error) {
	here, there := net.Pipe()
	l.conns <- there
	return here, nil
}

func TestAnAnswerByteByByteEndsWithTheAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener := &inMemory{make(chan net.Conn), make(chan struct{})}
		served := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, char := range encode(issued(nil)) {
				select {
				case <-time.After(time.Second):
					_, _ = io.WriteString(w, string(char))
					_ = http.NewResponseController(w).Flush()
				case <-r.Context().Done():
					return
				}
			}
		})}
		go func() { _ = served.Serve(listener) }()
		defer served.Close()
		transport := &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return listener.dial() },
		}
		defer transport.CloseIdleConnections()
		s := newScene(t)
		s.Transport = transport
		s.Config.Endpoint.Scheme, s.Config.Attempts = "http", 1
		began := time.Now()
		if got, want := s.run(t), "network.timeout: the request to licenses.test timed out (waited 5s)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if elapsed := time.Since(began); elapsed != 5*time.Second {
			t.Errorf("it took %s", elapsed)
		}
	})
}
