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

// publicDomain is the one that every name server of the internet knows.
const publicDomain = "localstack.cloud"

// isPublic reports whether host must have a public address. All names in localhost.localstack.cloud
// stand for the machine itself.
func isPublic(host string) bool {
	host = resolve.Normal(host)
	return resolve.InDomain(host, publicDomain) && !resolve.InDomain(host, "localhost."+publicDomain)
}

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
	extra, cancel := context.WithCancel(ctx)
	defer cancel()
	var important, others task.Group
	ask := func(group *task.Group, server, name string, kind uint16, answer *resolve.Answer) {
		group.Go(ctx, func() { *answer = resolve.Ask(extra, server, name, kind, conf.OverTCP) })
	}
	servers := make([]source, len(conf.Servers)+len(conf.Upstream))
	for i, server := range slices.Concat(conf.Servers, conf.Upstream) {
		group := &important
		if i >= len(conf.Servers) {
			group = &others
		}
		ask(group, server, host, dns.TypeA, &servers[i].Four)
		ask(&others, server, host, dns.TypeAAAA, &servers[i].Six)
		ask(&others, server, ".", dns.TypeNS, &servers[i].root)
	}
	searched := make([]source, min(len(conf.Search), maxSearched))
	for i := range searched {
		ask(&others, conf.Servers[0], host+"."+conf.Search[i], dns.TypeA, &searched[i].Four)
	}
	important.Wait()
	time.AfterFunc(grace, cancel)
	others.Wait()
	return names{
		host: host, hosts: r.InHostsFile(host), captor: captor(localstackHost, host), conf: conf,
		servers: servers[:len(conf.Servers)], upstream: servers[len(conf.Servers):], searched: searched,
	}
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
