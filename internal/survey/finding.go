package survey

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
)

// dockersOwn is the name server in every container on a network of its own.
const dockersOwn = "127.0.0.11"

// finding is what is wrong with the names, nil when nothing is. Whether the host has an address all the
// same is another question.
func (n names) finding() (found *fault.Error) {
	switch {
	case len(n.hosts) > 0 && isPublic(n.host):
		found = fault.New(fault.NetworkDNSHosts, "/etc/hosts gives %s the address %s", n.host, resolve.Join(n.hosts))
	case len(n.hosts) > 0: // usual for a private server; name servers are not asked then
	case n.conf.Flaw != "" && n.resolvedBy() == "":
		found = fault.New(fault.NetworkDNSNoServer, "there is no name server to resolve %s (%s)", n.host, n.conf.Flaw)
	default:
		found = cmp.Or(n.captured(), n.filtered(), n.brokenDocker(), n.misled(), n.disagreement(), n.unresolved())
	}
	if found == nil {
		return nil
	}
	return found.With(fault.Facts{Host: n.host})
}

// noNetwork finds that the addresses of host cannot be reached, because there is no network at all; nil when
// there is one, or none is needed.
func noNetwork(host string, addresses ...netip.Addr) *fault.Error {
	if slices.ContainsFunc(addresses, netip.Addr.IsLoopback) || resolve.HasNetwork() {
		return nil
	}
	return fault.New(fault.NetworkNone, "no route to %s: %s", host, resolve.NoNetwork)
}

// captured finds that LocalStack's own DNS server answers.
func (n names) captured() *fault.Error {
	if n.captor == "" || !isPublic(n.host) {
		return nil
	}
	for _, s := range n.servers {
		for _, address := range s.Addresses() {
			if address.IsLoopback() || address.IsPrivate() {
				return fault.New(fault.NetworkDNSCaptured, "%s answers %s for %s, because LOCALSTACK_HOST=%.60s matches that name",
					s.Server(), address, n.host, n.captor)
			}
		}
	}
	return nil
}

// brokenDocker finds that Docker's own server has no answer.
func (n names) brokenDocker() *fault.Error {
	isDocker := func(s source) bool { return strings.HasPrefix(s.Four.Server, dockersOwn+":") }
	at := slices.IndexFunc(n.servers, isDocker)
	if at < 0 || n.resolvedBy() != "" || len(n.servers[at].Addresses()) > 0 {
		return nil
	}
	docker := n.servers[at]
	detail := fmt.Sprintf("Docker's name server %s does not resolve %s (status: %s)", dockersOwn, n.host, docker.says())
	for _, upstream := range n.upstream {
		if addresses := upstream.Addresses(); len(addresses) > 0 {
			return fault.New(fault.NetworkDNSDocker, "%s, but %s, which it should ask, does (%s)",
				detail, upstream.Server(), resolve.Join(addresses))
		}
	}
	if docker.Status().Denies() {
		return nil // it passes on what it was told
	}
	for _, upstream := range n.upstream {
		detail += fmt.Sprintf("; it asks %s, which says %s", upstream.Server(), upstream.says())
	}
	return fault.New(fault.NetworkDNSDocker, "%s", detail)
}

// misled finds that a search domain leads elsewhere: us, because nobody knows the name itself, or the
// emulator, because libc tries the domains first. A short name of one's own that only a domain completes
// is as it should be.
func (n names) misled() *fault.Error {
	direct := n.direct()
	domainsFirst := n.conf.Dots > strings.Count(n.host, ".")
	if domainsFirst != (len(direct) > 0) && (!isPublic(n.host) || len(direct) > 0) {
		return nil
	}
	elsewhere := func(address netip.Addr) bool { return !slices.Contains(direct, address) }
	for _, s := range n.searched {
		if addresses := s.Addresses(); slices.ContainsFunc(addresses, elsewhere) {
			name := s.Four.Name()
			return fault.New(fault.NetworkDNSSearch,
				"the search domain %.100q of resolv.conf (options ndots:%d) expands %s to %s, which resolves to %s",
				strings.TrimPrefix(name, n.host+"."), n.conf.Dots, n.host, name, resolve.Join(addresses))
		}
	}
	return nil
}

// disagreement finds one server that denies what another knows.
func (n names) disagreement() *fault.Error {
	knows := slices.IndexFunc(n.servers, func(s source) bool { return len(s.Addresses()) > 0 })
	denies := slices.IndexFunc(n.servers, func(s source) bool { return len(s.Addresses()) == 0 && s.Status().Denies() })
	if knows < 0 || denies < 0 {
		return nil
	}
	other, one := n.servers[knows], n.servers[denies]
	return fault.New(fault.NetworkDNSDisagree, "the name servers disagree about %s: %s from %s, but %s from %s",
		n.host, one.says(), one.Server(), resolve.Join(other.Addresses()), other.Server())
}

// unresolved finds that no server has an address, and nothing tells why.
func (n names) unresolved() *fault.Error {
	if n.resolvedBy() != "" {
		return nil
	}
	var said []resolve.Both
	var remarks []string
	for _, s := range n.servers {
		said = append(said, s.Both)
		for _, remark := range s.Four.Remarks() {
			remarks = append(remarks, s.Server()+" says "+remark)
		}
	}
	return n.conf.Unresolved(nil, n.host, said).With(fault.Facts{Remarks: remarks})
}

// says is why the server gave no address, with its own explanation.
func (s source) says() string {
	return strings.Join(append([]string{string(s.Status())}, s.Four.Remarks()...), ", ")
}

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
