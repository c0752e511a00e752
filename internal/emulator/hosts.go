package emulator

import (
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/net/publicsuffix"

	"localstack-entrypoint/internal/gateway"
)

// hosts are the public names that a request may be for, each with all names below it. Other public names are refused:
// the owner of a name can change its address to this machine after a browser has loaded a page from it (DNS
// rebinding). For the browser, page and emulator then have the same origin, and it sends none when the page reads.
//
// IP addresses cannot be rebound, nor can names whose last label is no top-level domain of the public DNS: those of
// containers and services, such as "localstack", "my-bucket.localstack", "localstack.default.svc.cluster.local",
// "host.docker.internal" or "box.lan".
type hosts []string

func newHosts(o Options, listen gateway.Listen) hosts {
	h := hosts{
		"localhost.localstack.cloud",
		"amazonaws.com", "amazonaws.com.cn", // of clients that are not told of an endpoint, where DNS leads them here
		"home.arpa", // RFC 8375: for home networks only
		hostName(o.LocalstackHost), hostName(o.HostnameExternal), strings.ToLower(o.Container),
	}
	own, _ := os.Hostname()
	h = append(h, hostName(own))
	for _, a := range listen {
		h = append(h, a.Host)
	}
	for _, origin := range o.ExtraOrigins {
		_, host, _ := strings.Cut(originOf(origin), "://")
		h = append(h, hostName(host))
	}
	return h
}

// allow reports whether a request for this host, with or without a port, may be answered.
func (h hosts) allow(hostport string) bool {
	name := hostName(hostport)
	if name == "" || !isPublic(name) {
		return true
	}
	for _, known := range h {
		if known != "" && (name == known || strings.HasSuffix(name, "."+known)) {
			return true
		}
	}
	return false
}

// hostName is the host of host:port, in small letters, without dots at its end and quotes around all.
func hostName(hostport string) string {
	hostport = strings.Trim(hostport, " \t\r\n\"'")
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport // it has no port
	}
	return strings.ToLower(strings.TrimRight(strings.Trim(host, "[]"), "."))
}

// isPublic reports whether a name may be one of the public DNS: it has a dot, and its last label is a top-level domain.
// The public suffix list, which browsers use as well, says which these are.
func isPublic(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return false
	}
	_, isTopLevel := publicsuffix.PublicSuffix(name[dot+1:])
	_, isRegistry := publicsuffix.PublicSuffix("any-name" + name[dot:]) // of a country with rules like "*.ck" only
	return isTopLevel || isRegistry
}
