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

const (
	// maxSearched bounds how many search domains are looked into; old libc knew six.
	maxSearched = 6
	// grace is how long less important answers are waited for when the important one is there.
	grace = time.Second
)

// names is what everybody who could know the address of a host says of it.
type names struct {
	host string
	// hosts are the addresses of the hosts file, which wins over all servers.
	hosts []netip.Addr
	// servers are the name servers, in the order of resolv.conf.
	servers []source
	// upstream are those that Docker's own server asks, when it notes them.
	upstream []source
	// searched are the answers to the host's name with a search domain behind it, IPv4 only.
	searched []source
	// captor is LOCALSTACK_HOST's name when a DNS server of LocalStack with that setting answers for
	// host; "" otherwise.
	captor string

	conf *resolve.Config
}

// source is a name server and what it says.
type source struct {
	resolve.Both
	// root is its answer to a question that every resolver can answer: it tells one that is broken from
	// one that knows nothing of this name.
	root resolve.Answer
}

// askAll asks everybody about host at once, until ctx ends.
func askAll(ctx context.Context, r *resolve.Resolver, host, localstackHost string) names {
	host = resolve.Normal(host)
	conf := r.Config()
	n := names{
		host: host, hosts: r.InHostsFile(host), conf: conf, captor: captor(localstackHost, host),
		searched: make([]source, min(len(conf.Search), maxSearched)),
	}
	extra, cancel := context.WithCancel(ctx)
	defer cancel()
	var important, others task.Group
	n.servers = ask(ctx, &important, conf, conf.Servers, host)
	n.upstream = ask(extra, &others, conf, conf.Upstream, host)
	for i := range n.searched {
		others.Go(ctx, func() {
			n.searched[i].Four = resolve.Ask(extra, conf.Servers[0], host+"."+conf.Search[i], dns.TypeA, conf.OverTCP)
		})
	}
	important.Wait()
	time.AfterFunc(grace, cancel)
	others.Wait()
	return n
}

// ask has group ask each server for both families, and for the root's servers. The answers are there when
// the group has ended.
func ask(ctx context.Context, group *task.Group, conf *resolve.Config, servers []string, host string) []source {
	sources := make([]source, len(servers))
	for i, server := range servers {
		group.Go(ctx, func() {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			s := &sources[i]
			var others task.Group
			others.Go(ctx, func() { s.Six = resolve.Ask(ctx, server, host, dns.TypeAAAA, conf.OverTCP) })
			others.Go(ctx, func() { s.root = resolve.Ask(ctx, server, ".", dns.TypeNS, conf.OverTCP) })
			s.Four = resolve.Ask(ctx, server, host, dns.TypeA, conf.OverTCP)
			time.AfterFunc(grace, cancel)
			others.Wait()
		})
	}
	return sources
}

// captor is the name in LOCALSTACK_HOST if it captures host: LocalStack's DNS server takes it for a
// pattern, and finds it anywhere in a name.
func captor(localstackHost, host string) string {
	pattern := strings.ToLower(strings.TrimSpace(localstackHost))
	if name, _, err := net.SplitHostPort(pattern); err == nil {
		pattern = name
	}
	if pattern == "" || !strings.Contains(host, pattern) {
		return ""
	}
	return pattern
}

// resolvedBy is who gives the host an address to connect to; "" when nobody does.
func (n names) resolvedBy() string {
	if len(n.hosts) > 0 {
		return "/etc/hosts"
	}
	for _, s := range slices.Concat(n.servers, n.searched) {
		if len(s.Usable()) > 0 {
			return s.Server()
		}
	}
	return ""
}

// direct are the addresses that the servers give to the name itself.
func (n names) direct() (direct []netip.Addr) {
	for _, s := range n.servers {
		direct = append(direct, s.Addresses()...)
	}
	return direct
}

// evidence is all that was said, a line for each answer.
func (n names) evidence() (lines []string) {
	for i, s := range slices.Concat(n.servers, n.upstream) {
		server := s.Server()
		if i >= len(n.servers) {
			server += " (asked by Docker's own)"
		}
		lines = append(lines, server+": "+s.Four.String(), server+": "+s.Six.String())
		if len(s.Addresses()) == 0 {
			lines = append(lines, server+", asked for the root zone: "+string(s.root.Status()))
		}
	}
	for _, s := range n.searched {
		lines = append(lines, s.Server()+" for "+s.Four.Name()+": "+s.Four.String())
	}
	return lines
}
