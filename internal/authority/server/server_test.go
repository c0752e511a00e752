package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/origin"
)

func TestEachRequestHasALineOfJSON(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) {
		o.Licensing.Now = func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }
		if err := o.Origin.Proxies.Set("10.0.0.0/8"); err != nil {
			t.Fatal(err)
		}
	})
	for _, request := range []struct{ method, target, want string }{
		{"POST", "/v1/license/request?token=" + secret, `"path":"/v1/license/request","status":200,"duration_ms":0,` +
			`"client":"192.0.2.7","request_id":"0123456789abcdef","credential":"token_1"}`},
		{"GET", "/v1/auth/request/" + secret + "?code=1", `"path":"/v1/auth/request/{id}","status":200,`},
		{"GET", "/", `"path":"/","status":200,`},
		{"GET", "/nothing", `"path":"/nothing","status":200,`},
		{"GET", "/v1/" + secret, `"path":"/v1/****","status":404,`},
		{secret, "/", `"method":"****","path":"/","status":405,`},
		{"GET", "/" + strings.Repeat("x/", 60), `"path":"****","status":404,`},
	} {
		r := httptest.NewRequest(request.method, request.target, strings.NewReader(secret))
		r.RemoteAddr = "10.0.0.1:999"
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		r.Header.Set("X-Request-Id", "0123456789abcdef")
		before := len(f.log.String())
		f.ServeHTTP(httptest.NewRecorder(), r)
		line := f.log.String()[before:]
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || strings.Count(line, "\n") != 1 {
			t.Errorf("the line is %q: %v", line, err)
		}
		if !strings.Contains(line, request.want) || !strings.HasPrefix(line, `{"time":"2026-11-27T12:00:00Z","method":`) ||
			strings.Contains(line, "DDDDEEEE") {
			t.Errorf("the line is %s, want %s", line, request.want)
		}
	}
}

func TestARequestHasAnIDThatOnlyATrustedProxyChooses(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { _ = o.Origin.Proxies.Set("10.0.0.0/8") })
	for given, wanted := range map[string]bool{
		"8d7f2c1a-0000-4000-8000-000000000000": true, secret: false, "": false, "short": false,
		strings.Repeat("a", 65): false, "0123456789 abcdef": false,
	} {
		for _, peer := range []string{"10.0.0.1:1", "192.0.2.7:1"} {
			r := httptest.NewRequest(http.MethodGet, "/healthz", http.NoBody)
			r.RemoteAddr = peer
			r.Header.Set("X-Request-Id", given)
			recorder := httptest.NewRecorder()
			f.ServeHTTP(recorder, r)
			got := recorder.Header().Get("X-Request-Id")
			if (got == given) != (wanted && peer == "10.0.0.1:1") || !isRequestID(got) {
				t.Errorf("%q from %s becomes %q", given, peer, got)
			}
		}
	}
}

func TestAPanicIsAnAnswerAndEndsNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	address, _ := f.serve()
	for range 2 {
		f.refused(http.StatusInternalServerError, api.MessageInternal,
			exchange(t, address, "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n", 1)[0])
	}
	for _, path := range []string{"/half", "/abort"} { // a client must notice that there is no whole answer
		reply, err := http.Get("http://" + address + path)
		if err == nil {
			_, err = io.ReadAll(reply.Body)
			reply.Body.Close()
		}
		if err == nil {
			t.Errorf("%s looks like a whole answer", path)
		}
	}
	log := f.log.String()
	if strings.Count(log, `"error":"panic: MASKED","stack":"goroutine`) != 3 || strings.Contains(log, secret) ||
		!strings.Contains(log, "helpers_test.go") {
		t.Errorf("the log is\n%s", log)
	}
}

// http.ServeMux answers in plain text, and redirects to what it takes for the better path. A client of the protocol
// must not follow.
func TestWhatHasNoRouteIsRefusedInTheShapeOfTheProtocol(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	address, _ := f.serve()
	for _, request := range []struct {
		line    string
		status  int
		message string
		allow   string
	}{
		{"GET /v1", http.StatusNotFound, api.MessageNoPath, ""},
		{"GET /v1/", http.StatusNotFound, api.MessageNoPath, ""},
		{"GET /v1/license/request/", http.StatusNotFound, api.MessageNoPath, ""},
		{"GET //v1/license/request", http.StatusNotFound, api.MessageNoPath, ""},
		{"POST /v1/./license/request", http.StatusNotFound, api.MessageNoPath, ""},
		{"POST /v1/x/../license/request", http.StatusNotFound, api.MessageNoPath, ""},
		{"POST /v1/x/%2e%2e/license/request", http.StatusNotFound, api.MessageNoPath, ""},
		{"POST /v1%2flicense%2frequest", http.StatusNotFound, api.MessageNoPath, ""},
		{"GET /%00", http.StatusNotFound, api.MessageNoPath, ""},
		{"OPTIONS *", http.StatusNotFound, api.MessageNoPath, ""},
		{"CONNECT a:80", http.StatusNotFound, api.MessageNoPath, ""},
		{"GET http://else.example", http.StatusNotFound, api.MessageNoPath, ""},
		{"GET /v1/license/request", http.StatusMethodNotAllowed, api.MessageMethod, "POST"},
		{"OPTIONS /v1/license/request", http.StatusMethodNotAllowed, api.MessageMethod, "POST"},
		{"POST /v1/auth/request/1", http.StatusMethodNotAllowed, api.MessageMethod, "GET, HEAD"},
		{"TRACE /healthz", http.StatusMethodNotAllowed, api.MessageMethod, "GET, HEAD"},
	} {
		reply := exchange(t, address, request.line+" HTTP/1.1\r\nHost: a\r\n\r\n", 1)[0]
		f.refused(request.status, request.message, reply)
		if allow := reply.Header.Get("Allow"); allow != request.allow {
			t.Errorf("%s is allowed %q, want %q", request.line, allow, request.allow)
		}
	}
}

// A browser at an unknown path gets a page; a client of the API never does.
func TestABrowserGetsAPageWhereThereIsNoRoute(t *testing.T) {
	t.Parallel()
	store, err := authority.Open(t.Context(), authority.Source{Dir: t.TempDir(), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := New(store, Options{})
	const page = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, test := range []struct {
		method, path, accept string
		status               int
		kind, text, allow    string
	}{
		{"GET", "/workspace/nothing", page, 404, "text/html", "There is no such page", ""},
		{"GET", "//workspace", page, 404, "text/html", "There is no such page", ""},
		{"GET", "/a/../b", page, 404, "text/html", "There is no such page", ""},
		{"POST", "/nothing", page, 404, "text/html", "There is no such page", ""},
		{"POST", "/", page, 405, "text/html", "Nothing was changed", "GET, HEAD"},
		{"PUT", "/login", page, 405, "text/html", "Nothing was changed", "GET, HEAD, POST"},
		{"GET", "/workspace/nothing", "*/*", 404, "application/json", api.MessageNoPath, ""},
		{"GET", "/nothing", "", 404, "application/json", api.MessageNoPath, ""},
		{"GET", "/v1", page, 404, "application/json", api.MessageNoPath, ""},
		{"GET", "/v1/nothing", page, 404, "application/json", api.MessageNoPath, ""},
		{"GET", "/v1/license/request", page, 405, "application/json", api.MessageMethod, "POST"},
	} {
		request := httptest.NewRequest(test.method, "http://localhost"+test.path, nil)
		request.RemoteAddr = "127.0.0.1:4711"
		request.Header.Set("Accept", test.accept)
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, request)
		if recorder.Code != test.status || !strings.HasPrefix(recorder.Header().Get("Content-Type"), test.kind) ||
			!strings.Contains(recorder.Body.String(), test.text) || recorder.Header().Get("Allow") != test.allow {
			t.Errorf("%s %s with %q: got %d %v %s", test.method, test.path, test.accept, recorder.Code, recorder.Header(),
				recorder.Body)
		}
	}
}

func TestReadinessSaysWhyNot(t *testing.T) {
	t.Parallel()
	var err error
	f := newFixture(t, nil)
	f.store.ready = func(ctx context.Context) error {
		if errors.Is(err, context.DeadlineExceeded) {
			<-ctx.Done()
		}
		return err
	}
	check := func(status int, want string) {
		t.Helper()
		began := time.Now()
		reply := f.send(http.MethodGet, "/readyz", "")
		if reply.Code != status || reply.Body.String() != want || reply.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("got %d %s, want %d %s", reply.Code, reply.Body, status, want)
		}
		if took := time.Since(began); took > 2*readyTimeout {
			t.Errorf("it takes %s", took)
		}
	}
	check(http.StatusOK, "ready")
	err = errors.New("authority.db has no tables, says " + secret)
	check(http.StatusServiceUnavailable, "not ready: authority.db has no tables, says MASKED")
	err = context.DeadlineExceeded
	check(http.StatusServiceUnavailable, "not ready: context deadline exceeded")
	err = nil
	check(http.StatusOK, "ready")
	f.stopping.Store(true)
	check(http.StatusServiceUnavailable, "not ready: the server is stopping")
	if reply := f.send(http.MethodGet, "/healthz", ""); reply.Code != http.StatusOK || reply.Body.String() != "ok" {
		t.Errorf("/healthz is %d %s", reply.Code, reply.Body)
	}
}

func TestALinkDoesNotHaveTheHostOfSomebodyElse(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.get("/where", func(r *http.Request) *api.Answer {
		return &api.Answer{Status: http.StatusOK, Text: origin.Of(r).Base}
	})
	address, _ := f.serve()
	for _, target := range []string{
		"/where HTTP/1.1\r\nHost: evil.example", "http://evil.example/where HTTP/1.1\r\nHost: a",
	} {
		reply := exchange(t, address, "GET "+target+"\r\n\r\n", 1)[0]
		if got, _ := io.ReadAll(reply.Body); string(got) != "http://"+address {
			t.Errorf("%q gets %q", target, got)
		}
	}
}

// A message may have words of others, such as the email address that a provider sends.
func TestTheLogHasNoSecretInAMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.get("/refused", func(*http.Request) *api.Answer {
		return api.Refuse(http.StatusForbidden, "test.refused: not "+secret)
	})
	f.send(http.MethodGet, "/refused", "")
	if log := f.log.String(); !strings.Contains(log, `"message":"test.refused: not MASKED"`) {
		t.Error(log)
	}
}
