// Package origin says where a request comes from: the client's address, whether the connection is secure, and
// under which URL the client sees this server. Reverse proxies hide all of them, and only those that the operator
// trusts are believed.
package origin

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Settings are what the operator says about the way to this server.
type Settings struct {
	// Proxies are the reverse proxies in front of the server; none by default.
	Proxies Networks
	// Public is the URL under which clients see the server; nil when the operator did not say.
	Public *url.URL
	// IsOurs reports whether a host name is the server's own, as its certificate says; nil knows of none.
	IsOurs func(host string) bool
}

// Origin is where a request comes from.
type Origin struct {
	// Address is the client's. Behind proxies that are not trusted, it is the last proxy's.
	Address netip.Addr
	// Scheme is "http" or "https", as the client sees it.
	Scheme string
	// Secure reports whether nobody on the way can read the request: TLS up to the server or to a trusted proxy, or
	// a client on this machine.
	Secure bool
	// Local reports whether the client is on this machine and no proxy is between.
	Local bool
	// Proxied reports whether a trusted proxy has sent the request, so that other headers of it can be believed.
	Proxied bool
	// Base is the server's URL for pages, links and hints, without a slash at its end.
	Base string
}

type key struct{}

// With returns a context with the origin of a request, for the request.
func (s Settings) With(ctx context.Context, r *http.Request) (context.Context, Origin) {
	found := s.find(r)
	return context.WithValue(ctx, key{}, found), found
}

// Of returns the origin that is in the context of a request, or else finds it as if there was no proxy.
func Of(r *http.Request) Origin {
	if known, ok := r.Context().Value(key{}).(Origin); ok {
		return known
	}
	return Settings{}.find(r)
}

func (s Settings) find(r *http.Request) Origin {
	peer := parseAddress(r.RemoteAddr)
	o := Origin{Address: peer, Scheme: "http"}
	if r.TLS != nil {
		o.Scheme = "https"
	}
	// Also where the proxies are on this machine: what comes without their headers comes from somebody else here.
	o.Local = peer.IsLoopback() && !isForwarded(r.Header)
	if s.Proxies.Contain(peer) {
		o.Proxied = true
		o.Address, o.Scheme = s.forwarded(r.Header, peer, o.Scheme)
	}
	o.Base = s.base(r, o.Scheme)
	o.Secure = o.Scheme == "https" || o.Local || s.isOnThisMachine(r)
	return o
}

// isForwarded reports whether a proxy says that it is one.
func isForwarded(header http.Header) bool {
	for _, name := range []string{forwardedFor, forwardedProto, "X-Forwarded-Host", "X-Real-Ip", standard, "Via"} {
		if len(header[name]) > 0 {
			return true
		}
	}
	return false
}

// isOnThisMachine reports whether the operator says that clients are on this machine, and the client sees it so.
// This is how a published port of a container looks: its peer is a gateway of the container's network.
// The browser may call its machine localhost or 127.0.0.1.
func (s Settings) isOnThisMachine(r *http.Request) bool {
	if s.Public == nil || !IsLoopback(s.Public.Hostname()) || isForwarded(r.Header) {
		return false
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	return IsLoopback(host) && (&url.URL{Host: r.Host}).Port() == s.Public.Port()
}

// base is the server's URL. A Host header can be anything, and what it says must not get into a link: without the
// operator's word, it counts only if it means the client's own machine, or is in our certificate. Else the URL has the
// address that the connection came to.
func (s Settings) base(r *http.Request, scheme string) string {
	if s.Public != nil {
		return strings.TrimRight(s.Public.String(), "/")
	}
	if host, ok := s.ownHost(r); ok {
		return scheme + "://" + host
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if address, err := netip.ParseAddrPort(local.String()); err == nil {
			return scheme + "://" + netip.AddrPortFrom(address.Addr().Unmap().WithZone(""), address.Port()).String()
		}
	}
	return scheme + "://localhost"
}

// ownHost returns the Host header of a request if it certainly means this server.
func (s Settings) ownHost(r *http.Request) (string, bool) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(r.Host, "["), "]"), ""
	}
	isCertified := r.TLS != nil && s.IsOurs != nil && s.IsOurs(host)
	if !isCertified && !IsLoopback(host) || strings.Trim(port, "0123456789") != "" || len(port) > len("65535") {
		return "", false
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return strings.ToLower(host), true
}

// IsLoopback reports whether a host is an address of the machine itself, or the name "localhost".
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Zone() == "" && address.Unmap().IsLoopback()
}
