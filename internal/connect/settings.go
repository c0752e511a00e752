// Package connect reaches a host: it chooses the proxy, dials, does the TLS handshake and sends HTTP
// requests, and turns an error on the way into a row of the failure table.
package connect

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"

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
	ascii := *u
	if name, err := idna.Lookup.ToASCII(u.Hostname()); err == nil && name != u.Hostname() {
		ascii.Host = strings.Replace(u.Host, u.Hostname(), name, 1)
	}
	return &ascii
}
