package connect

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/testkit"
)

// middlebox is a device on the way to a host. What it does to a connection that begins with a large
// ClientHello is its kind.
func middlebox(t *testing.T, to net.Addr, kind string) net.Addr {
	t.Helper()
	return testkit.ServeEach(t, func(client net.Conn) {
		defer client.Close()
		first := make([]byte, 64<<10)
		n, _ := client.Read(first)
		server, err := net.Dial("tcp", to.String())
		if err != nil {
			return
		}
		defer server.Close()
		if n > 1200 {
			switch kind {
			case "drops it":
				_, _ = io.Copy(io.Discard, client)
				return
			case "resets":
				_ = client.(*net.TCPConn).SetLinger(0)
				return
			case "ends the connection":
				return
			case "passes one segment only":
				n = 1200
				go func() { _, _ = io.Copy(io.Discard, client) }()
				_, _ = server.Write(first[:n])
				_, _ = io.Copy(client, server)
				return
			}
		}
		_, _ = server.Write(first[:n])
		go func() { _, _ = io.Copy(server, client); server.Close() }()
		_, _ = io.Copy(client, server)
	})
}

// serve is host as a TLS server.
func serve(t *testing.T, a *testkit.Authority, handler http.HandlerFunc) net.Addr {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr()
}

// wayThrough is a way to host, and the hosts whose handshakes pass the middlebox.
type wayThrough struct {
	name  string
	hosts []string
	// settings are for a way to the middlebox, which is at box and of a kind.
	settings func(t *testing.T, a *testkit.Authority, box net.Addr, kind string) Settings
}

var waysThrough = []wayThrough{
	{"directly", []string{host}, func(*testing.T, *testkit.Authority, net.Addr, string) Settings { return Settings{} }},
	{"through an http proxy", []string{host}, func(t *testing.T, _ *testkit.Authority, box net.Addr, _ string) Settings {
		return through(t, "http", testkit.NewForwarder(t, box, nil).Listener.Addr())
	}},
	{"through SOCKS", []string{host}, func(t *testing.T, _ *testkit.Authority, box net.Addr, _ string) Settings {
		return through(t, "socks5", testkit.NewSOCKS(t, box, 0))
	}},
	{"through an https proxy", []string{host}, func(t *testing.T, a *testkit.Authority, box net.Addr, _ string) Settings {
		return throughTLS(testkit.NewForwarder(t, box, nil, a.Issue(t, "proxy.localhost", nil)).Listener.Addr())
	}},
	{"to an https proxy, and on from there", []string{"proxy.localhost", host},
		func(t *testing.T, a *testkit.Authority, box net.Addr, kind string) Settings {
			proxy := testkit.NewForwarder(t, box, nil, a.Issue(t, "proxy.localhost", nil))
			return throughTLS(middlebox(t, proxy.Listener.Addr(), kind))
		}},
}

// throughTLS is a setting for an https proxy.
func throughTLS(address net.Addr) Settings {
	port := address.(*net.TCPAddr).Port
	return Settings{HTTPSProxy: proxyURL(fmt.Sprintf("https://user:%s@proxy.localhost:%d", secret, port))}
}

func TestMiddleboxesThatMishandleALargeHello(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	root := rooted(t, a.PEM)
	for _, kind := range []string{"drops it", "resets", "ends the connection", "passes one segment only"} {
		for _, way := range waysThrough {
			t.Run(kind+" "+way.name, func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int32
				box := middlebox(t, serve(t, a, func(w http.ResponseWriter, r *http.Request) {
					requests.Add(1)
					_, _ = io.Copy(w, r.Body)
				}), kind)
				settings := way.settings(t, a, box, kind)
				warned := expectWarning(t, at("https", box), settings, root)
				if !slices.Equal(warned, way.hosts) || requests.Load() != 2 {
					t.Errorf("warned of %q, want %q; two requests came as %d", warned, way.hosts, requests.Load())
				}
			})
		}
	}
}

// expectWarning sends two requests, the second with what was learned from the first, and returns the hosts that were
// warned of.
func expectWarning(t *testing.T, server string, settings Settings, root string) (warned []string) {
	t.Helper()
	settings.Root = layout.Root(root)
	settings.Warn = func(f *fault.Error) {
		warned = append(warned, f.Host)
		testkit.MustNotContain(t, f.Error(), secret)
	}
	parsed, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := NewTransport(parsed, settings, resolve.New(settings.Root))
	second, _ := NewTransport(parsed, settings, resolve.New(settings.Root))
	for _, transport := range []*Transport{first, second} {
		_, body, err := Post(t.Context(), transport, server, []byte("hello"), PageSize)
		if err != nil || string(body) != "hello" {
			t.Errorf("got %q, %v", body, err)
		}
		second.Learn(transport)
	}
	return warned
}
