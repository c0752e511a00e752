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
//
// Names of AWS are for clients that are not told of an endpoint, where DNS leads them here. Only those of services and
// of buckets are served: below others, such as elb.REGION.amazonaws.com, AWS leads names to addresses that its
// customers choose.
type hosts []string

func newHosts(o Options, listen gateway.Listen) hosts {
	h := hosts{
		"localhost.localstack.cloud",
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
		// Everybody may own a name below a public suffix, which a container may be named as: "app", or "dev".
		isBelow := strings.HasSuffix(name, "."+known) && !isSuffix(known)
		if known != "" && (name == known || isBelow) {
			return true
		}
	}
	isOfHome := strings.HasSuffix(name, ".home.arpa") // RFC 8375: for home networks only
	return isOfHome || isOfAWS(name)
}

// isSuffix reports whether a name is one below which everybody can register names.
func isSuffix(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	return suffix == name
}

// isOfAWS reports whether a name is that of a service of AWS, such as sts.amazonaws.com or s3.eu-west-1.amazonaws.com,
// or that of a bucket.
func isOfAWS(name string) bool {
	service, ok := strings.CutSuffix(strings.TrimSuffix(name, ".cn"), ".amazonaws.com")
	labels := strings.Split(service, ".")
	for _, isOptional := range []func(string) bool{
		func(label string) bool { return regionOf(label) == label },
		func(label string) bool { return label == "dualstack" },
	} {
		if last := len(labels) - 1; last > 0 && isOptional(labels[last]) {
			labels = labels[:last]
		}
	}
	last := labels[len(labels)-1]
	isS3 := last == "s3" || strings.HasPrefix(last, "s3-")
	return ok && (len(labels) == 1 || isS3)
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
