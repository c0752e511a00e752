package origin

import (
	"net/http"
	"net/netip"
	"strings"
)

// The headers in which proxies say for whom they ask. The first two are a convention, the third is RFC 7239.
const (
	forwardedFor   = "X-Forwarded-For"
	forwardedProto = "X-Forwarded-Proto"
	standard       = "Forwarded"
)

// mostHops bounds how many proxies are followed.
const mostHops = 32

// forwarded returns the client's address and scheme of a request that comes from a trusted proxy at peer.
//
// The client's address is the last one that is not a trusted proxy's: clients can write anything before it. Forwarded
// counts only without any X-Forwarded header: most proxies set the latter, and pass on what a client says in the
// former.
func (s Settings) forwarded(header http.Header, peer netip.Addr, scheme string) (netip.Addr, string) {
	hops, schemes := header[forwardedFor], header[forwardedProto]
	address := parseAddress
	if len(hops) == 0 && len(schemes) == 0 {
		hops, schemes = header[standard], header[standard]
		address = func(element string) netip.Addr { return parseAddress(parameter(element, "for")) }
	}
	client := peer
	followed := 0
	for element := range backwards(hops) {
		next := address(element)
		if !next.IsValid() || followed == mostHops { // the proxy at client does not say for whom it asks
			break
		}
		client = next
		if !s.Proxies.Contain(next) {
			break
		}
		followed++
	}
	proto := nearest(schemes)
	if len(header[forwardedProto]) == 0 {
		proto = parameter(proto, "proto")
	}
	if proto = strings.ToLower(proto); proto == "http" || proto == "https" {
		scheme = proto
	}
	return client, scheme
}

// nearest is the last element, which the proxy in front of us has written; "" for none.
func nearest(values []string) string {
	for element := range backwards(values) {
		return element
	}
	return ""
}

// backwards iterates over the elements of a header's comma-separated values, the last one first.
func backwards(values []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := len(values) - 1; i >= 0; i-- {
			rest, found := values[i], true
			for found {
				var element string
				if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
					rest, element = rest[:comma], rest[comma+1:]
				} else {
					element, found = rest, false
				}
				if !yield(strings.TrimSpace(element)) {
					return
				}
			}
		}
	}
}

// parameter is a parameter of an element of Forwarded, such as for in `for="[2001:db8::1]:4711";proto=https`; "" where
// there is none. No value that counts has an escaped character.
func parameter(element, name string) string {
	for pair := range strings.SplitSeq(element, ";") {
		key, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			value = strings.TrimSpace(value)
			if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			return value
		}
	}
	return ""
}

// parseAddress reads an address with or without a port, and brackets around IPv6. The result is not valid for
// anything else, such as "unknown".
func parseAddress(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return plain(withPort.Addr())
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return plain(address)
}

// plain is an address in the one form that is compared: 1.2.3.4 instead of ::ffff:1.2.3.4, and without a zone.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }
