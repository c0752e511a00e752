package survey

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

// Names is what everybody who could know the address of a host says of it.
type Names struct {
	Host string
	// Hosts are the addresses of the hosts file, which wins over all servers.
	Hosts []netip.Addr
	// Servers are the name servers, in the order of resolv.conf.
	Servers []Source
	// Upstream are those that Docker's own server asks, when it notes them.
	Upstream []Source
	// Searched are the answers to the host's name with a search domain behind it.
	Searched []resolve.Answer
	// Local are the addresses of this container.
	Local []netip.Addr
	// Captor is LOCALSTACK_HOST's name when a DNS server of LocalStack with that
	// setting answers for Host; "" otherwise.
	Captor string

	conf *resolve.Config
}

// Source is a name server and what it says.
type Source struct {
	Server    string
	Four, Six resolve.Answer
	// Other is its answer to a question that every resolver can answer: it tells
	// one that is broken from one that knows nothing of this name.
	Other resolve.Answer
}

// Addresses are those that the server gives to the host, blocks included.
func (s Source) Addresses() []netip.Addr { return append(s.Four.Addresses(), s.Six.Addresses()...) }

// lookAt asks everybody about host at once, until ctx ends.
func lookAt(ctx context.Context, r *resolve.Resolver, host, localstackHost string) Names {
	conf := r.Config()
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	n := Names{
		Host: name, Hosts: r.InHostsFile(name), conf: conf, Local: ownAddresses(), Captor: captor(localstackHost, name),
		Servers: make([]Source, len(conf.Servers)), Upstream: make([]Source, len(conf.Upstream)), Searched: make([]resolve.Answer, min(len(conf.Search), maxSearched)),
	}
	extra, cancel := context.WithCancel(ctx)
	defer cancel()
	var main, beside task.Group
	for i, server := range conf.Servers {
		main.Go(ctx, func() { n.Servers[i] = question(ctx, conf, server, name) })
	}
	for i, server := range conf.Upstream {
		beside.Go(ctx, func() { n.Upstream[i] = question(extra, conf, server, name) })
	}
	for i, domain := range conf.Search[:len(n.Searched)] {
		beside.Go(ctx, func() { n.Searched[i] = resolve.Ask(extra, conf.Servers[0], name+"."+domain, dns.TypeA, conf.OverTCP) })
	}
	main.Wait()
	time.AfterFunc(grace, cancel)
	beside.Wait()
	return n
}

// maxSearched bounds how many search domains are looked into; old libc knew six.
const maxSearched = 6

// grace is how long less important answers are waited for when the important
// one is there.
const grace = time.Second

// question asks one server for both families, and for the root's servers.
func question(ctx context.Context, conf *resolve.Config, server, name string) Source {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source := Source{Server: server}
	var beside task.Group
	beside.Go(ctx, func() { source.Six = resolve.Ask(ctx, server, name, dns.TypeAAAA, conf.OverTCP) })
	beside.Go(ctx, func() { source.Other = resolve.Ask(ctx, server, ".", dns.TypeNS, conf.OverTCP) })
	source.Four = resolve.Ask(ctx, server, name, dns.TypeA, conf.OverTCP)
	time.AfterFunc(grace, cancel)
	beside.Wait()
	return source
}

// captor is the name in LOCALSTACK_HOST if it captures name: LocalStack's DNS
// server takes it for a pattern, and finds it anywhere in a name.
func captor(localstackHost, name string) string {
	pattern := strings.ToLower(strings.TrimSpace(localstackHost))
	if host, _, err := net.SplitHostPort(pattern); err == nil {
		pattern = host
	}
	if pattern == "" || !strings.Contains(name, pattern) {
		return ""
	}
	return pattern
}

// ownAddresses are those of this container's interfaces, loopback aside.
func ownAddresses() []netip.Addr {
	interfaces, _ := net.InterfaceAddrs()
	var own []netip.Addr
	for _, one := range interfaces {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && !prefix.Addr().IsLoopback() {
			own = append(own, prefix.Addr())
		}
	}
	return own
}

// resolved tells whether the host has an address to connect to, and by whom.
func (n Names) resolved() (addresses []netip.Addr, by string) {
	if len(n.Hosts) > 0 {
		return n.Hosts, "/etc/hosts"
	}
	for _, source := range n.Servers {
		if usable := slices.DeleteFunc(source.Addresses(), netip.Addr.IsUnspecified); len(usable) > 0 {
			return usable, resolve.ShortServer(source.Server)
		}
	}
	for _, answer := range n.Searched {
		if usable := slices.DeleteFunc(answer.Addresses(), netip.Addr.IsUnspecified); len(usable) > 0 {
			return usable, resolve.ShortServer(answer.Server)
		}
	}
	return nil, ""
}

// Evidence is all that was said, a line for each answer.
func (n Names) Evidence() []string {
	var lines []string
	for _, source := range n.Servers {
		lines = append(lines, source.evidence("")...)
	}
	for _, source := range n.Upstream {
		lines = append(lines, source.evidence(" (asked by Docker's own)")...)
	}
	for _, answer := range n.Searched {
		lines = append(lines, resolve.ShortServer(answer.Server)+" for "+strings.TrimSuffix(answer.Query.Question[0].Name, ".")+": "+answer.String())
	}
	return lines
}

func (s Source) evidence(note string) []string {
	server := resolve.ShortServer(s.Server) + note
	lines := []string{server + ": " + s.Four.String(), server + ": " + s.Six.String()}
	if len(s.Addresses()) == 0 {
		lines = append(lines, server+", asked for the root zone: "+string(s.Other.Status()))
	}
	return lines
}
