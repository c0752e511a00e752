package connect

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/trust"
	"localstack-entrypoint/internal/waiting"
)

// Transport is an [http.RoundTripper] for one host whose errors tell where on the way to it they
// happened. Its connections end with the context of their request.
type Transport struct {
	warn     func(*fault.Error)
	target   *url.URL
	proxy    *Proxy
	resolver *resolve.Resolver
	// server is the target as a TLS server, gate a proxy that speaks TLS itself.
	server, gate tlsServer
	// authorities are those to trust, unless everybody is.
	authorities    *trust.Authorities
	trustEverybody bool
}

// NewTransport returns a transport that reaches target as settings say, resolving names through
// resolver. The warnings are for the user: settings that could not be used, or that are dangerous. It
// must not be called before the BOOT hooks have run, which may install certificate authorities.
func NewTransport(target *url.URL, settings Settings, resolver *resolve.Resolver) (t *Transport, warnings []string) {
	t = &Transport{
		warn: settings.Warn, target: InASCII(target), proxy: settings.Proxy(target), resolver: resolver,
		trustEverybody: settings.NoVerify,
	}
	t.server.conf = t.configFor(t.target)
	if t.proxy != nil {
		t.gate.conf = t.configFor(t.proxy.URL)
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

// configFor is how TLS is spoken with host.
func (t *Transport) configFor(host *url.URL) *tls.Config {
	return &tls.Config{
		ServerName: host.Hostname(),
		NextProtos: []string{"http/1.1"}, // as the emulator's Python
		// By crypto/tls, which would parse all authorities for the one that matters.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if t.trustEverybody {
				return nil
			}
			// The server's name has the ASCII form, but is no address.
			return t.authorities.Verify(state.PeerCertificates, cmp.Or(state.ServerName, host.Hostname()))
		},
	}
}

// Inspect makes the transport accept any certificate of the target and hand it to see; with outdated,
// also outdated protocols and ciphers. A proxy's certificate is verified all the same, since the proxy
// gets its password.
func (t *Transport) Inspect(outdated bool, see func(tls.ConnectionState)) {
	t.server.conf.VerifyConnection = func(state tls.ConnectionState) error {
		see(state)
		return nil
	}
	if outdated {
		t.server.isSmall.Store(true) // what is outdated knows no post-quantum key exchange
		t.server.conf.MinVersion = tls.VersionTLS10
		for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			t.server.conf.CipherSuites = append(t.server.conf.CipherSuites, suite.ID)
		}
	}
}

// Handshake goes the way to the target as far as it leads without a request: to its name, its address,
// through a proxy, and to the end of the TLS handshake. Its errors are those of [Transport.RoundTrip].
// With an http target behind an http proxy the way ends at the proxy.
func (t *Transport) Handshake(ctx context.Context) error {
	conn, err := t.open(ctx)
	if err != nil {
		return err
	}
	conn.Close()
	return nil
}

// RoundTrip sends the request, whose URL must be one of the target.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	conn, err := t.open(ctx)
	if err != nil {
		if request.Body != nil {
			request.Body.Close()
		}
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	done := waiting.For(ctx, t.answerOf)
	answering := &answerConn{Conn: conn, host: t.target.Hostname()}
	response, err := t.over(answering).RoundTrip(request)
	done()
	if err != nil {
		conn.Close() // net/http may not have taken it
		err = cmp.Or(answering.ended(), err)
	}
	forwards := t.proxyForwards()
	switch {
	case err != nil && forwards:
		return nil, ProxyFault(t.proxy, cmp.Or(ctx.Err(), err))
	case err != nil && isReset(err) && t.offersOnlyHTTP2(ctx, conn):
		return nil, fault.Wrap(err, fault.NetworkHTTPVersion,
			"%s offers HTTP/2 and hangs up on HTTP/1.1", t.target.Hostname())
	case err != nil:
		return nil, cmp.Or(ctx.Err(), err)
	case forwards && response.StatusCode == http.StatusProxyAuthRequired:
		response.Body.Close()
		return nil, t.proxy.refusal(t.target.Host, response)
	}
	return response, nil
}

// answerOf is what is waited for when the request is under way.
func (t *Transport) answerOf() string {
	if t.proxy != nil {
		return "the answer from " + t.target.Host + " through the proxy " + ProxyName(t.proxy)
	}
	return "the answer from " + t.target.Host
}

// over returns a transport for one request over conn.
func (t *Transport) over(conn net.Conn) *http.Transport {
	var taken atomic.Bool
	take := func(context.Context, string, string) (net.Conn, error) {
		if taken.Swap(true) {
			return nil, errSecond
		}
		return conn, nil
	}
	once := &http.Transport{
		DialContext: take, DialTLSContext: take,
		// There is one request, at most a second. On an idle connection net/http would print what comes
		// unasked, by the log package.
		DisableKeepAlives: true,
	}
	if t.proxyForwards() {
		once.Proxy = http.ProxyURL(t.proxy.URL)
	}
	return once
}

// errSecond keeps net/http from sending a request again, which might cost a CI credit.
var errSecond = errors.New("a request has one connection")

// proxyForwards reports whether the proxy takes the request itself and speaks like a server to the end,
// where it is not asked to connect us.
func (t *Transport) proxyForwards() bool {
	return t.proxy != nil && t.target.Scheme == "http" && (t.proxy.Scheme == "http" || t.proxy.Scheme == "https")
}
