package connect

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// The first frames of servers that speak HTTP/2: nginx's SETTINGS, an empty one, and a GOAWAY.
const (
	settingsFrame = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80"
	emptySettings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	goAwayFrame   = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
)

// choosing is a TLS server that agrees to protocols of its own, and answers with text.
func choosing(t *testing.T, a *testkit.Authority, text string, protocols ...string) net.Addr {
	t.Helper()
	conf := &tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}, NextProtos: protocols}
	return testkit.ServeEach(t, func(conn net.Conn) {
		defer conn.Close()
		// crypto/tls serves who offers http/1.1 where the server knows h2 only, as if there were no ALPN.
		server := tls.Server(conn, conf)
		if server.Handshake() != nil {
			return
		}
		_, _ = server.Read(make([]byte, 64<<10))
		_, _ = io.WriteString(server, text)
		server.Close()
	})
}

func TestServersThatDoNotSpeakHTTP1(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	root := rooted(t, a.PEM)
	answers := host + " answers in HTTP/2 to HTTP/1.1"
	for _, c := range []struct {
		scheme  string
		address net.Addr
		detail  string
	}{
		{"http", testkit.Speak(t, settingsFrame), answers},
		{"http", testkit.Speak(t, emptySettings), answers},
		{"http", testkit.Speak(t, goAwayFrame), answers},
		{"http", testkit.Speak(t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), answers},
		{"https", choosing(t, a, settingsFrame), answers},
		{"https", choosing(t, a, settingsFrame, "h2"), answers},
		{"https", choosing(t, a, "", "h2"), host + " offers HTTP/2 and hangs up on HTTP/1.1"},
		{"https", choosing(t, a, "", "acme-tls/1"),
			host + " refuses HTTP/1.1 in the TLS handshake (no application protocol)"},
	} {
		expectExplained(t, at(c.scheme, c.address), Settings{}, root, fault.NetworkHTTPVersion, c.detail)
		behind := at(c.scheme, c.address)
		if c.scheme == "https" {
			proxy := testkit.NewForwarder(t, c.address, nil).Listener.Addr()
			expectExplained(t, behind, through(t, "http", proxy), root, fault.NetworkHTTPVersion, c.detail)
		}
	}
	expectExplained(t, at("https", choosing(t, a, "")), Settings{}, root, fault.NetworkReset,
		host+" closed the connection without an answer")
	expectExplained(t, at("https", choosing(t, a, "", "h2", "http/1.1")), Settings{}, root, fault.NetworkReset,
		host+" closed the connection without an answer")
	proxy := testkit.Speak(t, settingsFrame)
	expectExplained(t, at("https", proxy), through(t, "http", proxy), root, fault.NetworkProxyUnreachable,
		fmt.Sprintf("the proxy http://%s cannot be reached: 127.0.0.1 answers in HTTP/2 to HTTP/1.1", proxy))
	unoffered := Fault(host, errors.New("tls: server selected unadvertised ALPN protocol"))
	testkit.ExpectFault(t, unoffered, fault.NetworkHTTPVersion, host+
		" chooses another protocol than HTTP/1.1 in the TLS handshake, although no other is offered")
	expectExplained(t, at("https", testkit.Speak(t, settingsFrame)), Settings{}, root, fault.NetworkTLS,
		host+" answers in plain HTTP/2, not in TLS")
}

func FuzzSpeaksHTTP2(f *testing.F) {
	for _, text := range []string{settingsFrame, emptySettings, goAwayFrame, "PRI * HTTP/2.0\r\n", "HTTP/1.1 200 OK\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, first []byte) {
		if speaksHTTP2(first) && len(first) > 0 && first[0] == 'H' {
			t.Errorf("%q passes for HTTP/2", first)
		}
	})
}

// endedConn is a connection whose other side has ended it. net/http is told before it sends the request, or after.
type endedConn struct {
	net.Conn
	sent chan struct{}
	late bool
}

func (c *endedConn) Read([]byte) (int, error) {
	if c.late {
		<-c.sent
	}
	return 0, io.EOF
}

func (c *endedConn) Write(b []byte) (int, error) {
	select {
	case c.sent <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (*endedConn) Close() error { return nil }

func TestConnectionThatEndsIsToldAsItsEnd(t *testing.T) {
	t.Parallel()
	target, _ := url.Parse("http://api.localstack.test/v1")
	for _, late := range []bool{false, true} {
		for range 100 {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.String(), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			conn := &answerConn{Conn: &endedConn{sent: make(chan struct{}, 1), late: late}, host: host}
			response, err := (&Transport{target: target}).over(conn).RoundTrip(request)
			if err == nil {
				response.Body.Close()
			}
			if ended := conn.ended(); err == nil || !isReset(ended) {
				t.Fatalf("late: %t: got %v, and the connection's %v", late, err, ended)
			}
		}
	}
}
