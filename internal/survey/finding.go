package survey

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
)

// dockersOwn is the name server in every container on a network of its own.
const dockersOwn = "127.0.0.11"

// publicDomain is the one that every name server of the internet knows.
const publicDomain = "localstack.cloud"

// isPublic tells whether host must have a public address. All names in
// localhost.localstack.cloud stand for the machine itself.
func isPublic(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return resolve.InDomain(host, publicDomain) && !resolve.InDomain(host, "localhost."+publicDomain)
}

// Finding is what is wrong with the names, nil when nothing is. Whether the
// host has an address all the same is another question.
func (n Names) Finding() *fault.Error {
	looks := []func(Names) *fault.Error{
		Names.noServer, Names.captured, Names.filtered, Names.docker, Names.searched, Names.disagree, Names.silent,
	}
	if len(n.Hosts) > 0 {
		looks = []func(Names) *fault.Error{Names.hostsFile} // then nobody asks a server
	}
	for _, look := range looks {
		if found := look(n); found != nil {
			return found.With(fault.Facts{Host: n.Host})
		}
	}
	return nil
}

func (n Names) noServer() *fault.Error {
	if n.conf.Flaw == "" || n.anyAddress() {
		return nil
	}
	return fault.New(fault.NetworkDNSNoServer, "there is no name server to resolve %s (%s)", n.Host, n.conf.Flaw)
}

func (n Names) hostsFile() *fault.Error {
	if !isPublic(n.Host) {
		return nil // for a server of one's own the file is a usual place
	}
	return fault.New(fault.NetworkDNSHosts, "/etc/hosts gives %s the address %s", n.Host, resolve.Join(n.Hosts))
}

func (n Names) captured() *fault.Error {
	if n.Captor == "" || !isPublic(n.Host) {
		return nil
	}
	for _, source := range n.Servers {
		for _, address := range source.Addresses() {
			if address.IsLoopback() || address.IsPrivate() || slices.Contains(n.Local, address) {
				return fault.New(fault.NetworkDNSCaptured, "%s answers %s for %s, because LOCALSTACK_HOST=%.60s matches that name",
					resolve.ShortServer(source.Server), address, n.Host, n.Captor)
			}
		}
	}
	return nil
}

// filtered finds a server that says so, or gives an address that leads nowhere.
func (n Names) filtered() *fault.Error {
	sources := n.Servers
	if !n.anyAddress() {
		sources = slices.Concat(n.Servers, n.Upstream) // Docker's own server does not pass reasons on
	}
	for _, source := range sources {
		for _, answer := range []resolve.Answer{source.Four, source.Six} {
			for _, e := range answer.Extended() {
				if isFilter(e.InfoCode) {
					return fault.New(fault.NetworkDNSFiltered, "the name server %s filters %s (status: %s, EDE %s)",
						resolve.ShortServer(source.Server), n.Host, answer.Status(), resolve.ExtendedText(e))
				}
			}
			if isPublic(n.Host) && source.recurses() && signalsPolicy(answer) {
				return fault.New(fault.NetworkDNSFiltered, "the name server %s filters %s (status: NXDOMAIN without recursion available, the sign of a response policy)",
					resolve.ShortServer(source.Server), n.Host)
			}
			for _, address := range answer.Addresses() {
				if kind := blockKind(address, isPublic(n.Host)); kind != "" {
					return fault.New(fault.NetworkDNSFiltered, "the name server %s gives %s %s, %s", resolve.ShortServer(source.Server), n.Host, kind, address)
				}
			}
		}
	}
	return nil
}

// recurses tells whether the server asks others: the root's names it cannot know itself.
func (s Source) recurses() bool { return s.Other.Reply != nil && s.Other.Reply.RecursionAvailable }

// signalsPolicy tells whether a resolver that recurses for others denies a name
// with the flag off that says so: unbound's rpz-signal-nxdomain-ra.
func signalsPolicy(a resolve.Answer) bool {
	return a.Reply != nil && a.Reply.Rcode == dns.RcodeNameError && a.Reply.RecursionDesired && !a.Reply.RecursionAvailable
}

// isFilter tells whether an extended error (RFC 8914) means that somebody does
// not want the name to be resolved.
func isFilter(code uint16) bool {
	return slices.Contains([]uint16{
		dns.ExtendedErrorCodeForgedAnswer, dns.ExtendedErrorCodeBlocked, dns.ExtendedErrorCodeCensored,
		dns.ExtendedErrorCodeFiltered, dns.ExtendedErrorCodeProhibited,
	}, code)
}

// reserved are addresses that no server has; filters answer with them.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"),
}

// blockKind says what kind of address a filter would answer with; "" for one
// that can be a server's.
func blockKind(address netip.Addr, public bool) string {
	address = address.Unmap()
	switch {
	case address.IsUnspecified():
		return "the blocking address"
	case !public:
		return ""
	case address.IsLoopback():
		return "a loopback address"
	case address.IsPrivate(), address.IsLinkLocalUnicast(), netip.MustParsePrefix("100.64.0.0/10").Contains(address):
		return "a private address"
	case slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(address) }):
		return "an address that no server has"
	}
	return ""
}

// docker finds that Docker's own server has no answer.
func (n Names) docker() *fault.Error {
	for _, source := range n.Servers {
		host, _, _ := net.SplitHostPort(source.Server)
		if host != dockersOwn || len(source.Addresses()) > 0 || n.anyAddress() {
			continue
		}
		for _, upstream := range n.Upstream {
			if len(upstream.Addresses()) > 0 {
				return fault.New(fault.NetworkDNSDocker, "Docker's name server %s does not resolve %s (status: %s), but %s, which it should ask, does (%s)",
					dockersOwn, n.Host, source.says(), resolve.ShortServer(upstream.Server), resolve.Join(upstream.Addresses()))
			}
		}
		if resolve.IsDenial(source.word()) {
			continue // it passes on what it was told
		}
		detail := fmt.Sprintf("Docker's name server %s does not resolve %s (status: %s)", dockersOwn, n.Host, source.says())
		for _, upstream := range n.Upstream {
			detail += fmt.Sprintf("; it asks %s, which says %s", resolve.ShortServer(upstream.Server), upstream.says())
		}
		return fault.New(fault.NetworkDNSDocker, "%s", detail)
	}
	return nil
}

// searched finds that a search domain leads elsewhere: us, because nobody knows
// the name itself, or the emulator, because libc tries the domains first. A
// short name of one's own that only a domain completes is as it should be.
func (n Names) searched() *fault.Error {
	direct := n.direct()
	first := n.conf.Dots > strings.Count(n.Host, ".")
	matters := first == (len(direct) > 0) || isPublic(n.Host) && len(direct) == 0
	elsewhere := func(address netip.Addr) bool { return !slices.Contains(direct, address) }
	for _, answer := range n.Searched {
		if addresses := answer.Addresses(); matters && slices.ContainsFunc(addresses, elsewhere) {
			name := strings.TrimSuffix(answer.Query.Question[0].Name, ".")
			return fault.New(fault.NetworkDNSSearch, "the search domain %.100q of resolv.conf (options ndots:%d) turns %s into %s, which is %s",
				strings.TrimPrefix(name, n.Host+"."), n.conf.Dots, n.Host, name, resolve.Join(addresses))
		}
	}
	return nil
}

// direct are the addresses that the servers give to the name itself.
func (n Names) direct() []netip.Addr {
	var direct []netip.Addr
	for _, source := range n.Servers {
		direct = append(direct, source.Addresses()...)
	}
	return direct
}

// disagree finds one server that denies what another knows.
func (n Names) disagree() *fault.Error {
	var knows, denies *Source
	for i, source := range n.Servers {
		switch {
		case len(source.Addresses()) > 0:
			knows = &n.Servers[i]
		case resolve.IsDenial(source.word()):
			denies = &n.Servers[i]
		}
	}
	if knows == nil || denies == nil {
		return nil
	}
	return fault.New(fault.NetworkDNSDisagree, "the name servers disagree about %s: %s from %s, but %s from %s",
		n.Host, denies.says(), resolve.ShortServer(denies.Server), resolve.Join(knows.Addresses()), resolve.ShortServer(knows.Server))
}

// silent finds that no server has an address, and nothing tells why.
func (n Names) silent() *fault.Error {
	if n.anyAddress() {
		return nil
	}
	var told, remarks []string
	for _, source := range n.Servers {
		told = append(told, string(source.word())+" from "+resolve.ShortServer(source.Server))
		for _, e := range resolve.FirstOf(source.Four.Extended()) {
			remarks = append(remarks, resolve.ShortServer(source.Server)+" says EDE "+resolve.ExtendedText(e))
		}
	}
	return fault.New(fault.NetworkDNS, "the name %s does not resolve (status: %s)", n.Host, strings.Join(told, "; ")).
		With(fault.Facts{Remarks: remarks})
}

func (n Names) anyAddress() bool {
	addresses, _ := n.resolved()
	return len(addresses) > 0
}

// word is why the server gave no address.
func (s Source) word() resolve.Status {
	word := s.Four.Status()
	if word == resolve.StatusEmpty {
		word = s.Six.Status()
	}
	return word
}

// says is word with the server's own explanation.
func (s Source) says() string {
	text := string(s.word())
	for _, e := range resolve.FirstOf(s.Four.Extended()) {
		text += ", EDE " + resolve.ExtendedText(e)
	}
	return text
}
