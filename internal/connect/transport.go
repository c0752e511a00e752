package connect

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"

	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/trust"
)

// NewTransport returns an HTTP transport that reaches target as settings say,
// resolving names through resolver. The warnings are for the user: settings
// that could not be used, or that are dangerous. It must not be called before
// the BOOT hooks have run, which may install certificate authorities.
func NewTransport(target *url.URL, settings Settings, resolver *resolve.Resolver) (*Transport, []string) {
	proxy := settings.Proxy(target)
	t := &Transport{target: target, proxy: proxy, resolver: resolver}
	t.http = &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            t.dial,
		// There is one request, at most a second. On an idle connection
		// net/http would print what comes unasked, by the log package.
		DisableKeepAlives: true,
	}
	if target.Scheme != "https" && (proxy == nil || proxy.Scheme != "https") {
		return t, nil
	}
	var warnings []string
	t.Authorities, warnings = trust.Load(settings.Bundles, settings.Root)
	t.TLS = &tls.Config{InsecureSkipVerify: settings.NoVerify}
	t.http.TLSClientConfig = t.TLS
	if proxy == nil {
		t.http.DialTLSContext = t.dialTLS
	} else {
		// The handshakes behind a proxy are net/http's own.
		t.TLS.RootCAs = t.Authorities.Pool()
	}
	if target.Scheme == "https" && settings.NoVerify {
		warnings = append(warnings, "SSL_NO_VERIFY=1: the certificate of "+target.Host+" is not checked; anyone in between can read your Auth Token")
	}
	return t, warnings
}

// Transport is an [http.Transport] whose errors tell where on the way to
// target they happened.
type Transport struct {
	// TLS is how hands are shaken, Authorities are those to trust; nil without TLS.
	TLS         *tls.Config
	Authorities *trust.Authorities

	http          *http.Transport
	target, proxy *url.URL
	resolver      *resolve.Resolver
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
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
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
		err = ProxyFault(t.proxy, err)
	}
	return nil, err
}

// watchProxy sets past as soon as the proxy has let us through to an https
// target. For an http target the proxy speaks to the end.
func (t *Transport) watchProxy(past *atomic.Bool) *httptrace.ClientTrace {
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
func (t *Transport) dial(ctx context.Context, _, address string) (net.Conn, error) {
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
func (t *Transport) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	return task.Guard(ctx, func() (net.Conn, error) { return t.shakeHands(ctx, network, address) })
}

func (t *Transport) shakeHands(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := t.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	settings := t.TLS.Clone()
	settings.ServerName, _, _ = net.SplitHostPort(address) // of an internationalised name, the ASCII form
	if !settings.InsecureSkipVerify {
		settings.InsecureSkipVerify = true // by crypto/tls, for we do it ourselves
		settings.VerifyConnection = func(state tls.ConnectionState) error {
			return t.Authorities.Verify(state.PeerCertificates, settings.ServerName)
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
