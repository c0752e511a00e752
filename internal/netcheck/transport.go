package netcheck

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/task"
)

// NewTransport returns an HTTP transport that reaches target as cfg says,
// resolving names through resolver. The warnings are for the user: settings
// that could not be used, or that are dangerous. It must not be called before
// the BOOT hooks have run, which may install certificate authorities.
func NewTransport(target *url.URL, cfg config.Network, root string, resolver *Resolver) (http.RoundTripper, []string) {
	t, warnings := newTransport(target, proxyFor(target, cfg), cfg, root, resolver)
	if target.Scheme == "https" && bool(cfg.NoVerify) {
		warnings = append(warnings, "SSL_NO_VERIFY=1: the certificate of "+target.Host+" is not checked; anyone in between can read your Auth Token")
	}
	return t, warnings
}

func newTransport(target, proxy *url.URL, cfg config.Network, root string, resolver *Resolver) (*transport, []string) {
	t := &transport{target: target, proxy: proxy, resolver: resolver}
	t.http = &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            t.dial,
		// There is one request, at most a second. On an idle connection
		// net/http would print what comes unasked, by the log package.
		DisableKeepAlives: true,
	}
	var warnings []string
	if target.Scheme == "https" || proxy != nil && proxy.Scheme == "https" {
		t.authorities, warnings = newAuthorities(cfg, root)
		t.http.TLSClientConfig = &tls.Config{InsecureSkipVerify: bool(cfg.NoVerify)}
		if proxy == nil {
			t.http.DialTLSContext = t.dialTLS
		} else {
			// The handshakes behind a proxy are net/http's own.
			t.http.TLSClientConfig.RootCAs = t.authorities.pool(anyone)
		}
	}
	return t, warnings
}

// transport is an [http.Transport] whose errors tell where on the way to
// target they happened.
type transport struct {
	http          *http.Transport
	target, proxy *url.URL
	resolver      *Resolver
	// authorities are those to trust; nil without TLS.
	authorities *authorities
}

// attempt is the key of a request's [*dialling] in its context.
type attempt struct{}

// dialling is what becomes of the connection for one request.
type dialling struct {
	request context.Context
	// mu is held while dialling.
	mu  sync.Mutex
	err error
}

// RoundTrip sends the request.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	connection := &dialling{request: request.Context()}
	ctx := context.WithValue(request.Context(), attempt{}, connection)
	var past atomic.Bool
	if t.proxy != nil {
		ctx = httptrace.WithClientTrace(ctx, t.watchProxy(&past))
	}
	response, err := t.http.RoundTrip(request.WithContext(ctx))
	if err == nil {
		return response, nil
	}
	if failed := connection.failure(); failed != nil {
		err = failed
	}
	if t.proxy != nil && !past.Load() {
		err = proxyFault(t.proxy, err)
	}
	return nil, err
}

// watchProxy sets past as soon as the proxy has let us through to an https
// target. For an http target the proxy speaks to the end.
func (t *transport) watchProxy(past *atomic.Bool) *httptrace.ClientTrace {
	if t.target.Scheme != "https" {
		return &httptrace.ClientTrace{}
	}
	var handshakes atomic.Int32
	ours := int32(1)
	if t.proxy.Scheme == "https" {
		ours = 2 // the first is with the proxy itself
	}
	return &httptrace.ClientTrace{
		TLSHandshakeStart: func() { past.Store(handshakes.Add(1) == ours) },
		GotConn:           func(httptrace.GotConnInfo) { past.Store(true) },
	}
}

// dial connects in the request's own context. That of http.Transport has no
// deadline, for it would dial on for a later request.
func (t *transport) dial(ctx context.Context, _, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) {
		connection := ctx.Value(attempt{}).(*dialling)
		connection.mu.Lock()
		defer connection.mu.Unlock()
		conn, err := dial(connection.request, t.resolver, address)
		connection.err = err
		return conn, err
	})
}

// dialTLS connects and shakes hands.
func (t *transport) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) { return t.shakeHands(ctx, network, address) })
}

func (t *transport) shakeHands(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := t.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	settings := t.http.TLSClientConfig.Clone()
	settings.ServerName, _, _ = net.SplitHostPort(address) // of an internationalised name, the ASCII form
	if !settings.InsecureSkipVerify {
		settings.InsecureSkipVerify = true // by crypto/tls, for we do it ourselves
		settings.VerifyConnection = func(state tls.ConnectionState) error {
			return t.authorities.verify(state.PeerCertificates, settings.ServerName)
		}
	}
	secure := tls.Client(conn, settings)
	if err := secure.HandshakeContext(ctx.Value(attempt{}).(*dialling).request); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// failure is why there is no connection. When time is over, http.Transport
// does not wait to hear that; but without it a dead name server would pass for
// a dead license server.
func (d *dialling) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}
