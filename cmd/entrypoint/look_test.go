package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"localstack-entrypoint/internal/license"
)

// counted is a server that counts its connections and requests.
type counted struct {
	*httptest.Server
	connections, requests atomic.Int64
	mu                    sync.Mutex
	asked                 []string
}

// countedServer puts a server there that answers to itself, over TLS.
func (w *world) countedServer(answer http.HandlerFunc) *counted {
	c := &counted{}
	c.Server = w.server(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		body, _ := io.ReadAll(r.Body) // or nobody notices when the client goes
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.mu.Lock()
		c.asked = append(c.asked, r.Method+" "+r.URL.Path)
		c.mu.Unlock()
		answer(out, r)
	}))
	c.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.connections.Add(1)
		}
	}
	c.StartTLS()
	w.set("API_ENDPOINT", c.URL+"/v1")
	w.set("SSL_NO_VERIFY", "1")
	return c
}

// The network is looked at while an attempt waits, as far as it leads without a request.
func TestTheNetworkIsLookedAtBesideAnAttemptThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.countedServer(saysNothing)
	w.set("ACTIVATION_TIMEOUT", "2.5")
	w.set("LS_LOG", "debug")
	began := time.Now()
	_, log, _ := w.start("LOG_FORMAT=json")
	if took := time.Since(began); took > 2800*time.Millisecond+noise {
		t.Errorf("it took %s", took)
	}
	// That of the attempt, one to see whether there is one, one for TLS; on a slow machine one more, with a small
	// ClientHello.
	if n := server.connections.Load(); n < 3 || n > 5 || server.requests.Load() != 1 {
		t.Errorf("%d connections and %d requests, want 3 and 1", n, server.requests.Load())
	}
	for _, check := range []string{"check connection", "check tls"} {
		if !strings.Contains(log, check) {
			t.Errorf("no %q in %s", check, log)
		}
	}
}

func TestNothingIsLookedAtInAStartThatWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	authority, _ := w.authority()
	target := authority.URL
	server := w.countedServer(func(out http.ResponseWriter, r *http.Request) {
		<-time.After(700 * time.Millisecond) // the server takes its time
		response, err := http.Post(target+strings.TrimPrefix(r.URL.Path, "/v1"), "application/json", r.Body)
		if err != nil {
			out.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		out.WriteHeader(response.StatusCode)
		_, _ = io.Copy(out, response.Body)
	})
	if _, log, code := w.start("LOG_FORMAT=text"); code != 0 {
		t.Error(code, log)
	}
	if n := server.connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// The doctor asks a licensing server once, and nothing that it would have to refuse.
func TestADoctorsVisitIsOneRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ token, want string }{
		"with a credential":    {"", "POST /v1/license/request"},
		"without a credential": {" ", "GET /v1/license/activate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			server := w.countedServer(func(out http.ResponseWriter, _ *http.Request) {
				_, _ = out.Write(w.document(func(*license.Document) {}))
			})
			if c.token != "" {
				w.set("LOCALSTACK_AUTH_TOKEN", c.token)
			}
			text, _, _ := run3(t, w.environ(), "entrypoint", "doctor", "--activate", "--", "true")
			server.mu.Lock()
			defer server.mu.Unlock()
			if asked := strings.Join(server.asked, ", "); asked != c.want {
				t.Errorf("asked %s, want %s\n%s", asked, c.want, text)
			}
			for _, check := range []string{"✓ server ", "✓ clock "} {
				if !strings.Contains(text, check) {
					t.Errorf("no %q in\n%s", check, text)
				}
			}
		})
	}
}

func TestADoctorsVisitLeavesNoErrorInTheAuthoritysLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	authority, _ := w.authority()
	for _, token := range []string{w.token, ""} {
		w.set("LOCALSTACK_AUTH_TOKEN", token)
		_, _, _ = run3(t, w.environ(), "entrypoint", "doctor", "--activate", "--", "true")
	}
	eventually(t, "two requests", func() bool { return strings.Count(authority.log.String(), `"path":`) == 2 })
	if log := authority.log.String(); strings.Contains(log, `"status":4`) || strings.Contains(log, `"status":5`) {
		t.Error(log)
	}
}
