package survey

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
)

// filtered finds a server that says so, or gives an address that leads nowhere.
func (n names) filtered() *fault.Error {
	sources := n.servers
	if n.resolvedBy() == "" {
		sources = slices.Concat(n.servers, n.upstream) // Docker's own server does not pass reasons on
	}
	for _, s := range sources {
		for _, answer := range []resolve.Answer{s.Four, s.Six} {
			if how := s.filters(answer, isPublic(n.host)); how != "" {
				return fault.New(fault.NetworkDNSFiltered, "the name server %s filters %s (%s)", s.Server(), n.host, how)
			}
			for _, address := range answer.Addresses() {
				if kind := blocking(address, isPublic(n.host)); kind != "" {
					return fault.New(fault.NetworkDNSFiltered, "the name server %s answers %s with %s (%s)",
						s.Server(), n.host, kind, address)
				}
			}
		}
	}
	return nil
}

// filters says how an answer shows that the server filters the name; "" where it does not.
func (s source) filters(answer resolve.Answer, public bool) string {
	// Extended errors (RFC 8914) that mean that somebody does not want the name to be resolved.
	unwanted := []uint16{
		dns.ExtendedErrorCodeForgedAnswer, dns.ExtendedErrorCodeBlocked, dns.ExtendedErrorCodeCensored,
		dns.ExtendedErrorCodeFiltered, dns.ExtendedErrorCodeProhibited,
	}
	for _, e := range answer.ExtendedErrors() {
		if slices.Contains(unwanted, e.InfoCode) {
			return "status: " + string(answer.Status()) + ", EDE " + e.String()
		}
	}
	// A resolver that recurses for others (the root's names it cannot know itself) denies a name with the
	// flag off that says so: unbound's rpz-signal-nxdomain-ra.
	reply, root := answer.Reply, s.root.Reply
	if public && root != nil && root.RecursionAvailable &&
		reply != nil && reply.Rcode == dns.RcodeNameError && reply.RecursionDesired && !reply.RecursionAvailable {
		return "status: NXDOMAIN without recursion available, the sign of a response policy"
	}
	return ""
}

// blocking says what kind of address a filter would answer with; "" for one that can be a server's.
func blocking(address netip.Addr, public bool) string {
	isIn := func(networks ...string) bool {
		return slices.ContainsFunc(networks, func(n string) bool { return netip.MustParsePrefix(n).Contains(address) })
	}
	switch {
	case address.IsUnspecified():
		return "the blocking address"
	case !public:
		return ""
	case address.IsLoopback():
		return "a loopback address"
	case address.IsPrivate(), address.IsLinkLocalUnicast(), isIn("100.64.0.0/10"):
		return "a private address"
	case isIn("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "240.0.0.0/4", "2001:db8::/32"):
		return "a reserved address"
	}
	return ""
}
