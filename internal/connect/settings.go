// Package connect reaches a host: it chooses the proxy, dials, does the TLS handshake and sends HTTP
// requests, and turns an error on the way into a row of the failure table.
package connect

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/proxy"
	"localstack-entrypoint/internal/trust"
)

// Settings say how hosts are reached.
type Settings struct {
	// Root is the folder with the image's file system.
	Root layout.Root
	// HTTPProxy and HTTPSProxy are the proxies for targets of these schemes, or
	// not set. NoProxy lists the hosts that are reached without.
	HTTPProxy, HTTPSProxy proxy.Setting
	NoProxy               proxy.Exceptions
	// Bundles are trusted beside the system's certificate authorities.
	Bundles []trust.Bundle
	// NoVerify has every certificate accepted.
	NoVerify bool
	// Warn, unless nil, gets what a user should know although a request goes on: each finding once, on the
	// goroutine of the request.
	Warn func(*fault.Error)
}

// Proxy is a proxy on the way to a host. Its user name and password are the bytes to send.
type Proxy struct {
	*url.URL
	// Variable is the name of the environment variable that names the proxy.
	Variable string
}

// Proxy is the proxy on the way to target; nil for none. This machine itself is reached without one.
func (s Settings) Proxy(target *url.URL) *Proxy {
	setting := s.HTTPProxy
	if target.Scheme == "https" {
		setting = s.HTTPSProxy
	}
	address := setting.URL()
	if address == nil || proxy.IsLocal(target) {
		return nil
	}
	if _, excepted := s.NoProxy.Match(InASCII(target)); excepted && !setting.IgnoresExceptions() {
		return nil
	}
	return &Proxy{URL: InASCII(address), Variable: setting.Variable}
}

// InASCII is a URL with the form of its host's name that name servers and
// certificates know, as net/http makes it.
func InASCII(u *url.URL) *url.URL {
	ascii, name := *u, u.Hostname()
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		ascii.Host = strings.Replace(u.Host, name, dialedName(name), 1)
	}
	return &ascii
}

// dialedName is the name that net/http would connect to: a name in Unicode as ASCII. net/http does not export that
// function, and linking its tables a second time would make the program 2 % larger.
func dialedName(name string) (dialed string) {
	transport := http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		dialed, _, _ = net.SplitHostPort(address)
		return nil, net.ErrClosed
	}}
	response, err := transport.RoundTrip(&http.Request{URL: &url.URL{Scheme: "http", Host: name}, Header: http.Header{}})
	if err == nil {
		response.Body.Close()
	}
	return cmp.Or(dialed, name)
}
