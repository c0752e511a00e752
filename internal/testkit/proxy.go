package testkit

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Forwarder is an HTTP proxy that leads everyone to one address, whatever the
// name, and remembers what it was asked for.
type Forwarder struct {
	*httptest.Server
	// to is where every way leads.
	to string
	// refusal, where there is one, is the answer to everything.
	refusal http.HandlerFunc

	mu   sync.Mutex
	seen []string
}

// NewForwarder starts a proxy; with a certificate it speaks TLS itself.
func NewForwarder(t *testing.T, to net.Addr, refusal http.HandlerFunc, certificates ...tls.Certificate) *Forwarder {
	t.Helper()
	f := &Forwarder{refusal: refusal}
	if to != nil {
		f.to = to.String()
	}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	if len(certificates) > 0 {
		f.TLS = &tls.Config{Certificates: certificates}
		f.StartTLS()
	} else {
		f.Start()
	}
	t.Cleanup(f.Close)
	return f
}

// ServeHTTP refuses, tunnels (CONNECT) or forwards.
func (f *Forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.seen = append(f.seen, fmt.Sprintf("%s %s %s", r.Method, r.Host, r.Header.Get("Proxy-Authorization")))
	f.mu.Unlock()
	switch {
	case f.refusal != nil:
		f.refusal(w, r)
	case r.Method == http.MethodConnect:
		f.tunnel(w)
	default:
		httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: f.to}).ServeHTTP(w, r)
	}
}

func (f *Forwarder) tunnel(w http.ResponseWriter) {
	target, err := net.Dial("tcp", f.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	// Hijacked first: what the client says after the 200 must not end in the
	// server's buffer.
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		target.Close()
		return
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	splice(client, target)
}

// splice copies between two connections until one ends, and closes both.
func splice(a, b net.Conn) {
	var once sync.Once
	end := func() { a.Close(); b.Close() }
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		once.Do(end)
	}
	go carry(a, b)
	carry(b, a)
}

// Seen are the requests so far: method, host and Proxy-Authorization.
func (f *Forwarder) Seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

// NewSOCKS starts a SOCKS5 proxy that leads everyone to one address, or
// answers with the code of a failure.
func NewSOCKS(t *testing.T, to net.Addr, code byte) net.Addr {
	t.Helper()
	return ServeEach(t, func(client net.Conn) { serveSOCKS(client, to, code) })
}

// serveSOCKS speaks RFC 1928 as far as CONNECT to a name needs it.
func serveSOCKS(client net.Conn, to net.Addr, code byte) {
	defer client.Close()
	head := make([]byte, 2)
	if _, err := io.ReadFull(client, head); err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, client, int64(head[1])) // the methods on offer
	_, _ = client.Write([]byte{5, 0})                   // none is needed
	request := make([]byte, 5)
	if _, err := io.ReadFull(client, request); err != nil || request[3] != 3 {
		return // not by name
	}
	_, _ = io.CopyN(io.Discard, client, int64(request[4])+2)
	_, _ = client.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
	if code != 0 {
		return
	}
	if target, err := net.Dial("tcp", to.String()); err == nil {
		splice(client, target)
	}
}
