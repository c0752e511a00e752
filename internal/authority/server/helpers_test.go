package server

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/license"
)

// patience bounds every wait. It is far more than any takes.
const patience = 20 * time.Second

// fixture is a server with a few routes.
type fixture struct {
	*testing.T
	*Server
	log   buffer
	store fakeStore
}

// fakeStore is a store whose database can be anything.
type fakeStore struct{ ready func(context.Context) error }

func (s *fakeStore) Ready(ctx context.Context) error {
	if s.ready == nil {
		return nil
	}
	return s.ready(ctx)
}

func (*fakeStore) Pools() map[string]sql.DBStats {
	return map[string]sql.DBStats{"reads": {MaxOpenConnections: 16}}
}

// secret is what no log may show.
const secret = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEE0000"

func newFixture(t *testing.T, change func(*Options)) *fixture {
	f := &fixture{T: t}
	options := Options{
		AccessLog: &f.log,
		Mask:      func(text string) string { return strings.ReplaceAll(text, secret, "MASKED") },
	}
	if change != nil {
		change(&options)
	}
	f.Server = newServer(&f.store, options)
	handle(f.mux, []api.Route{
		{Path: "/v1/license/request", Methods: []string{http.MethodPost}, Answer: func(r *http.Request) *api.Answer {
			content, _ := io.ReadAll(r.Body)
			return (&api.Answer{Status: http.StatusOK, Text: "got " + string(content)}).To("token_1")
		}},
		{Path: "/v1/auth/request/{id}", Methods: []string{http.MethodGet}, Answer: func(r *http.Request) *api.Answer {
			return &api.Answer{Status: http.StatusOK, Text: r.PathValue("id")}
		}},
		{Path: "/panic", Methods: []string{http.MethodGet}, Answer: func(*http.Request) *api.Answer { panic(secret) }},
	})
	f.mux.HandleFunc("GET /half", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half an answer")
		panic(secret)
	})
	f.mux.HandleFunc("GET /nothing", func(http.ResponseWriter, *http.Request) {})
	f.mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	f.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "home") })
	return f
}

// post adds a route that is asked with POST, get one with GET.
func (f *fixture) post(path string, answer api.Func) { f.mux.Handle("POST "+path, answer) }
func (f *fixture) get(path string, answer api.Func)  { f.mux.Handle("GET "+path, answer) }

// send sends a request through the handler.
func (f *fixture) send(method, target, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	f.ServeHTTP(recorder, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorder
}

// refused fails the test unless an answer is this refusal, which no client takes for a verdict.
func (f *fixture) refused(status int, message string, reply *http.Response) {
	f.Helper()
	content, _ := io.ReadAll(reply.Body)
	var got license.ErrorBody
	if err := json.Unmarshal(content, &got); err != nil {
		f.Fatalf("%s: the body is not JSON: %v: %.200q", reply.Status, err, content)
	}
	if reply.StatusCode != status || !got.Error || got.Message != message ||
		strings.HasPrefix(message, license.MessagePrefix) {
		f.Errorf("got %d %+v, want %d %s", reply.StatusCode, got, status, message)
	}
}

// serve serves on a port of its own until the test ends or stop is called, which returns what Serve does.
func (f *fixture) serve() (address string, stop func() error) {
	f.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Serve(ctx, listener, nil, nil) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return context.DeadlineExceeded
		}
	})
	f.Cleanup(func() {
		if err := stop(); err != nil {
			f.Error(err)
		}
	})
	return listener.Addr().String(), stop
}

// dial connects as a client that writes and reads what it wants.
func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// exchange sends a text over a connection of its own, and returns the answers to it.
func exchange(t testing.TB, address, text string, answers int) (replies []*http.Response) {
	t.Helper()
	conn := dial(t, address)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	for range answers {
		reply, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%.200q is answered with %v", text, err)
		}
		content, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body = io.NopCloser(bytes.NewReader(content))
		replies = append(replies, reply)
	}
	return replies
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("never: %s", what)
		}
	}
}

// buffer is a log that may be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
