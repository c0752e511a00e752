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
	target, proxy *url.URL
	resolver      *resolve.Resolver
	conf          *tls.Config // for the target
	// authorities are those to trust, unless everybody is.
	authorities    *trust.Authorities
	trustEverybody bool
}

// NewTransport returns a transport that reaches target as settings say, resolving names through
// resolver. The warnings are for the user: settings that could not be used, or that are dangerous. It
// must not be called before the BOOT hooks have run, which may install certificate authorities.
func NewTransport(target *url.URL, settings Settings, resolver *resolve.Resolver) (t *Transport, warnings []string) {
	t = &Transport{
		target: target, proxy: settings.Proxy(target), resolver: resolver, trustEverybody: settings.NoVerify,
	}
	t.conf = &tls.Config{
		InsecureSkipVerify: true, // by crypto/tls, which would parse all authorities for the one that matters
		VerifyConnection:   t.verifier(target),
	}
	if target.Scheme != "https" && (t.proxy == nil || t.proxy.Scheme != "https") {
		return t, nil
	}
	t.authorities, warnings = trust.Load(settings.Bundles, settings.Root)
	if settings.NoVerify && target.Scheme == "https" {
		warnings = append(warnings, "SSL_NO_VERIFY=1: the certificate of "+target.Host+
			" is not checked; anyone in between can read your Auth Token")
	}
	return t, warnings
}

// verifier checks the certificates that host presents.
func (t *Transport) verifier(host *url.URL) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if t.trustEverybody {
			return nil
		}
		// The server's name has the ASCII form, but is no address.
		return t.authorities.Verify(state.PeerCertificates, cmp.Or(state.ServerName, host.Hostname()))
	}
}

// Inspect makes the transport accept any certificate of the target and hand it to see; with outdated,
// also outdated protocols and ciphers. A proxy's certificate is verified all the same, since the proxy
// gets its password.
func (t *Transport) Inspect(outdated bool, see func(tls.ConnectionState)) {
	t.conf.VerifyConnection = func(state tls.ConnectionState) error {
		see(state)
		return nil
	}
	if outdated {
		t.conf.MinVersion = tls.VersionTLS10
		for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			t.conf.CipherSuites = append(t.conf.CipherSuites, suite.ID)
		}
	}
}

// RoundTrip sends the request.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	c := &connection{Transport: t, request: request.Context()}
	conf := t.conf.Clone()
	conf.VerifyConnection = func(state tls.ConnectionState) error {
		_, err := task.Guard(c.request, func() (any, error) { return nil, t.conf.VerifyConnection(state) })
		return err
	}
	once := &http.Transport{
		Proxy:                  http.ProxyURL(t.proxy),
		OnProxyConnectResponse: checkTunnel,
		DialContext:            c.dial,
		DialTLSContext:         c.dialTLS,
		TLSClientConfig:        conf, // for the handshake behind a proxy, which net/http makes
		// There is one request, at most a second. On an idle connection net/http would print what comes
		// unasked, by the log package.
		DisableKeepAlives: true,
	}
	defer c.stage.end()
	trace := &httptrace.ClientTrace{
		TLSHandshakeStart: c.watch,
		GotConn:           func(httptrace.GotConnInfo) { c.waitForAnswer() },
	}
	response, err := once.RoundTrip(request.WithContext(httptrace.WithClientTrace(c.request, trace)))
	switch {
	case err != nil:
		// When time is over, http.Transport does not wait to hear why there is no connection; but without
		// that a dead name server would pass for a dead licensing server.
		c.mu.Lock()
		err = cmp.Or(c.err, c.request.Err(), err)
		c.mu.Unlock()
	case t.proxy != nil && t.target.Scheme == "http" && response.StatusCode == http.StatusProxyAuthRequired:
		response.Body.Close() // to an http target a proxy speaks like a server
		err = ProxyRefusal("the proxy "+ProxyName(t.proxy), t.target.Host, response)
	default:
		return response, nil
	}
	if t.proxy != nil && !c.isThrough.Load() {
		err = ProxyFault(t.proxy, err)
	}
	return nil, err
}

// connection is what becomes of the connection for one request.
type connection struct {
	*Transport
	request context.Context
	// mu is held while dialing.
	mu  sync.Mutex
	err error

	stage      stage // once there is a connection
	handshakes atomic.Int32
	// isThrough is whether the proxy has let us through to an https target. For an http target the proxy
	// speaks to the end.
	isThrough atomic.Bool
}

// watch takes note of a TLS handshake.
func (c *connection) watch() {
	begun := c.handshakes.Add(1)
	withProxy := c.proxy != nil && c.proxy.Scheme == "https" // as the first
	c.isThrough.Store(c.target.Scheme == "https" && (begun > 1 || !withProxy))
	c.waitForHandshake(c.target.Host)
}

// dial connects in the request's own context. That of http.Transport has no deadline, for it would dial
// on for a later request.
func (c *connection) dial(ctx context.Context, _, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		conn, err := dial(c.request, c.resolver, address)
		if err == nil {
			context.AfterFunc(c.request, func() { conn.Close() })
			c.waitForTunnel()
		}
		c.err = err
		return conn, err
	})
}

// dialTLS connects and does the TLS handshake with the target, or with a proxy that speaks TLS.
func (c *connection) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) {
		conn, err := c.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conf := c.conf.Clone()
		conf.ServerName, _, _ = net.SplitHostPort(address)
		if c.proxy != nil {
			conf.VerifyConnection = c.verifier(c.proxy)
		}
		secure := tls.Client(conn, conf)
		c.waitForHandshake(conf.ServerName)
		if err := secure.HandshakeContext(c.request); err != nil {
			conn.Close()
			return nil, err
		}
		c.waitForTunnel()
		return secure, nil
	})
}
