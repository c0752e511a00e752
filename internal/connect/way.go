package connect

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/proxy"

	"localstack-entrypoint/internal/waiting"
)

// maxProxyAnswer bounds a proxy's answer to CONNECT, in bytes.
const maxProxyAnswer = 64 << 10

// open goes the way to the target as far as it leads without a request. The connection does not end with
// ctx.
func (t *Transport) open(ctx context.Context) (net.Conn, error) {
	if t.target.Scheme == "https" {
		return t.shake(ctx, &t.server, t.target, t.connect)
	}
	return t.connect(ctx)
}

// connect connects to the target; through a proxy, where there is one.
func (t *Transport) connect(ctx context.Context) (net.Conn, error) {
	if t.proxy == nil {
		return dial(ctx, t.resolver, "", addressOf(t.target))
	}
	conn, err := t.connectToProxy(ctx)
	if err == nil && !t.proxyForwards() {
		conn, err = t.tunnel(ctx, conn)
	}
	if err != nil {
		return nil, ProxyFault(t.proxy, err)
	}
	return conn, nil
}

func (t *Transport) connectToProxy(ctx context.Context) (net.Conn, error) {
	dialProxy := func(ctx context.Context) (net.Conn, error) {
		return dial(ctx, t.resolver, "the proxy ", addressOf(t.proxy.URL))
	}
	if t.proxy.Scheme == "https" {
		return t.shake(ctx, &t.gate, t.proxy.URL, dialProxy)
	}
	return dialProxy(ctx)
}

// tunnel has the proxy at the other end of conn connect us to the target. On an error conn is closed.
func (t *Transport) tunnel(ctx context.Context, conn net.Conn) (net.Conn, error) {
	defer waiting.For(ctx, func() string {
		return "the proxy " + ProxyName(t.proxy) + " to connect to " + t.target.Host
	})()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	through := conn
	var err error
	if t.proxy.Scheme == "http" || t.proxy.Scheme == "https" {
		err = t.askHTTP(conn)
	} else {
		through, err = t.askSOCKS(ctx, conn)
	}
	if !stop() || err != nil {
		conn.Close()
		return nil, cmp.Or(ctx.Err(), err)
	}
	return through, nil
}

// askHTTP is the CONNECT of RFC 9110, section 9.3.6.
func (t *Transport) askHTTP(conn net.Conn) error {
	address := addressOf(t.target)
	request := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address,
		Header: http.Header{"User-Agent": {"localstack-entrypoint"}},
	}
	if user := t.proxy.User; user != nil {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		request.Header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	if err := request.Write(conn); err != nil {
		return err
	}
	// The reader may be dropped: a TLS server does not speak first.
	spoken := &answerConn{Conn: conn, host: t.proxy.Hostname()}
	//nolint:bodyclose // The connection is what comes after a success, and is closed after a failure.
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(spoken, maxProxyAnswer)), request)
	if err != nil {
		return err
	}
	return t.proxy.checkTunnel(address, answer)
}

// askSOCKS is RFC 1928; the proxy resolves the target's name.
func (t *Transport) askSOCKS(ctx context.Context, conn net.Conn) (net.Conn, error) {
	var auth *proxy.Auth
	if user := t.proxy.User; user != nil {
		auth = &proxy.Auth{User: user.Username()}
		auth.Password, _ = user.Password()
	}
	dialer, err := proxy.SOCKS5("tcp", addressOf(t.proxy.URL), auth, connected{conn})
	if err != nil {
		return nil, err
	}
	return dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", addressOf(t.target))
}

// connected is a dialer for what is connected already.
type connected struct{ net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c.Conn, nil }

func (c connected) DialContext(context.Context, string, string) (net.Conn, error) { return c.Conn, nil }

// addressOf is the host and port that a URL leads to.
func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(port, "1080")) // SOCKS
}
