package connect

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/trust"
)

// Transport is an [http.Transport] whose errors tell where on the way to target they happened. Its
// connections end with the context of their request.
type Transport struct {
	http          *http.Transport
	target, proxy *url.URL
	resolver      *resolve.Resolver
	// authorities are those to trust; nil to trust everybody.
	authorities *trust.Authorities
}

// NewTransport returns a transport that reaches target as settings say, resolving names through
// resolver. The warnings are for the user: settings that could not be used, or that are dangerous. It
// must not be called before the BOOT hooks have run, which may install certificate authorities.
func NewTransport(target *url.URL, settings Settings, resolver *resolve.Resolver) (t *Transport, warnings []string) {
	t = &Transport{target: target, proxy: settings.Proxy(target), resolver: resolver}
	t.http = &http.Transport{
		Proxy:                  http.ProxyURL(t.proxy),
		OnProxyConnectResponse: checkTunnel,
		DialContext:            t.dial,
		DialTLSContext:         t.dialTLS,
		TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, // by crypto/tls, which would parse all authorities for the one that matters
			VerifyConnection:   t.verifier(target),
		},
		// There is one request, at most a second. On an idle connection net/http would print what comes
		// unasked, by the log package.
		DisableKeepAlives: true,
	}
	if target.Scheme != "https" && (t.proxy == nil || t.proxy.Scheme != "https") {
		return t, nil
	}
	authorities, warnings := trust.Load(settings.Bundles, settings.Root)
	if !settings.NoVerify {
		t.authorities = authorities
	} else if target.Scheme == "https" {
		warnings = append(warnings, "SSL_NO_VERIFY=1: the certificate of "+target.Host+
			" is not checked; anyone in between can read your Auth Token")
	}
	return t, warnings
}

// verifier checks the certificates that host presents.
func (t *Transport) verifier(host *url.URL) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if t.authorities == nil {
			return nil
		}
		// The server's name has the ASCII form, but is no address.
		return t.authorities.Verify(state.PeerCertificates, cmp.Or(state.ServerName, host.Hostname()))
	}
}

// Inspect has the transport accept whatever certificates the target presents, and tell see of them;
// outdated protocols and ciphers, too, where outdated is true. A proxy must prove itself all the same,
// for it is told its password.
func (t *Transport) Inspect(outdated bool, see func(tls.ConnectionState)) {
	conf := t.http.TLSClientConfig
	conf.VerifyConnection = func(state tls.ConnectionState) error {
		see(state)
		return nil
	}
	if !outdated {
		return
	}
	conf.MinVersion = tls.VersionTLS10
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		conf.CipherSuites = append(conf.CipherSuites, suite.ID)
	}
}

// dialing is the key of a request's [*connection] in its context.
type dialing struct{}

// connection is what becomes of the connection for one request.
type connection struct {
	request context.Context
	// mu is held while dialing.
	mu  sync.Mutex
	err error
}

// RoundTrip sends the request.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	c := &connection{request: request.Context()}
	ctx := context.WithValue(c.request, dialing{}, c)
	var past atomic.Bool
	if t.proxy != nil {
		ctx = httptrace.WithClientTrace(ctx, t.watchProxy(&past))
	}
	response, err := t.http.RoundTrip(request.WithContext(ctx))
	if err == nil {
		return response, nil
	}
	err = cmp.Or(c.failure(), c.request.Err(), err)
	if t.proxy != nil && !past.Load() {
		err = ProxyFault(t.proxy, err)
	}
	return nil, err
}

// watchProxy sets past as soon as the proxy has let us through to an https target. For an http target
// the proxy speaks to the end.
func (t *Transport) watchProxy(past *atomic.Bool) *httptrace.ClientTrace {
	if t.target.Scheme != "https" {
		return &httptrace.ClientTrace{}
	}
	var handshakes atomic.Int32
	own := int32(1)
	if t.proxy.Scheme == "https" {
		own = 2 // the first is with the proxy itself
	}
	return &httptrace.ClientTrace{
		TLSHandshakeStart: func() { past.Store(handshakes.Add(1) == own) },
		GotConn:           func(httptrace.GotConnInfo) { past.Store(true) },
	}
}

// dial connects in the request's own context. That of http.Transport has no deadline, for it would dial
// on for a later request.
func (t *Transport) dial(ctx context.Context, _, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) {
		c := ctx.Value(dialing{}).(*connection)
		c.mu.Lock()
		defer c.mu.Unlock()
		conn, err := dial(c.request, t.resolver, address)
		if err == nil {
			context.AfterFunc(c.request, func() { conn.Close() })
		}
		c.err = err
		return conn, err
	})
}

// dialTLS connects and shakes hands with the target, or with a proxy that speaks TLS.
func (t *Transport) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) {
		conn, err := t.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conf := t.http.TLSClientConfig.Clone()
		conf.ServerName, _, _ = net.SplitHostPort(address)
		if t.proxy != nil {
			conf.VerifyConnection = t.verifier(t.proxy)
		}
		secure := tls.Client(conn, conf)
		if err := secure.HandshakeContext(ctx.Value(dialing{}).(*connection).request); err != nil {
			conn.Close()
			return nil, err
		}
		return secure, nil
	})
}

// failure is why there is no connection. When time is over, http.Transport does not wait to hear that;
// but without it a dead name server would pass for a dead license server.
func (c *connection) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
