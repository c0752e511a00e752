package connect

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"time"
)

// A proxy may come up before what is behind it. Its rules do not change so soon.
func TestWhatAProxySaysMayPass(t *testing.T) {
	t.Parallel()
	proxy := &Proxy{URL: &url.URL{Scheme: "http", Host: "proxy.test:3128"}}
	answer := func(status int, headers ...string) error {
		response := &http.Response{StatusCode: status, Header: http.Header{}}
		for i := 0; i+1 < len(headers); i += 2 {
			response.Header.Set(headers[i], headers[i+1])
		}
		return proxy.checkTunnel("api.test:443", response)
	}
	socks := func(reply string) error {
		address := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}
		return ProxyFault(proxy, &net.OpError{Op: "socks connect", Net: "tcp", Addr: address, Err: errors.New(reply)})
	}
	for _, c := range []struct {
		err    error
		passes bool
	}{
		{answer(502), true}, {answer(503, "X-Squid-Error", "ERR_DNS_FAIL 0"), true}, {answer(504), true},
		{answer(403), false}, {answer(404), false}, {answer(405), false}, {answer(429), false},
		{answer(407, "Proxy-Authenticate", "Basic"), false},
		{socks("unknown error general SOCKS server failure"), true}, {socks("unknown error host unreachable"), true},
		{socks("unknown error network unreachable"), true}, {socks("unknown error connection refused"), true},
		{socks("unknown error TTL expired"), true}, {socks("EOF"), true},
		{socks("unknown error connection not allowed by ruleset"), false},
		{socks("unknown error command not supported"), false}, {socks("no acceptable authentication methods"), false},
		{ProxyFault(proxy, io.EOF), true}, {ProxyFault(proxy, fmt.Errorf("read: %w", syscall.ECONNRESET)), true},
	} {
		if got := errors.Is(c.err, ErrPassing); got != c.passes {
			t.Errorf("%v: %t, want %t", c.err, got, c.passes)
		}
	}
	if got := Fault("api.test", answer(503, "Retry-After", "7")); got.RetryAfter != 7*time.Second || !got.Answered {
		t.Errorf("%+v", got)
	}
}
