package survey

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// licensing is a web server that answers as a licensing server, or as told, and
// remembers what it is sent.
type licensing struct {
	*httptest.Server
	mu   sync.Mutex
	sent []string
}

// refusal is what a licensing server says to a request without a credential.
func refusal(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `{"error": true, "message": "licensing.license.credentials.missing:Credentials are missing"}`)
}

// newLicensing starts one; without a TLS configuration it speaks plain HTTP.
func newLicensing(t *testing.T, conf *tls.Config, answer http.HandlerFunc) *licensing {
	t.Helper()
	l := &licensing{}
	l.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var head strings.Builder
		_ = r.Header.Write(&head)
		l.mu.Lock()
		l.sent = append(l.sent, fmt.Sprintf("%s %s\n%s\n%s", r.Method, r.URL, head.String(), body))
		l.mu.Unlock()
		answer(w, r)
	}))
	l.Config.ErrorLog = log.New(io.Discard, "", 0)
	if l.TLS = conf; conf != nil {
		l.StartTLS()
	} else {
		l.Start()
	}
	t.Cleanup(l.Close)
	return l
}

// Sent are the requests so far: method, path, header and body.
func (l *licensing) Sent() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.sent...)
}

func (l *licensing) port() int { return l.Listener.Addr().(*net.TCPAddr).Port }
