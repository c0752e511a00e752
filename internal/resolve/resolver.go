// Package resolve finds the addresses of a name, in the hosts file and by asking name servers, in a
// way that a failure can say which server answered what.
package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/waiting"
)

// ErrNoSuchName is in the chain of a failure that asking again cannot change: every name server
// denied the name.
var ErrNoSuchName = errors.New("no such name")

// Resolver resolves host names the way the container's own libc would, and remembers the answers for
// its lifetime. It is safe for concurrent use.
type Resolver struct {
	conf  *Config
	hosts string

	// turn is taken by the one lookup that may ask and touch known. It is no mutex, because a lookup
	// must be able to give up waiting for it.
	turn  chan struct{}
	known map[string][]netip.Addr
}

// New reads resolv.conf and the hosts file of an image. Missing or invalid files count as empty: then
// the name server is the local one, as for libc.
func New(root layout.Root) *Resolver {
	hosts, _ := file.Read(root.HostsFile())
	return &Resolver{
		conf:  readConf(root.ResolvConf()),
		hosts: string(hosts),
		turn:  make(chan struct{}, 1),
		known: map[string][]netip.Addr{},
	}
}

// Config is what resolv.conf says.
func (r *Resolver) Config() *Config { return r.conf }

// InHostsFile are the addresses that the hosts file gives to host.
func (r *Resolver) InHostsFile(host string) []netip.Addr { return addressesIn(r.hosts, host) }

// Lookup returns the addresses of host: itself when it is an address, else those of the hosts file, else
// those of the name servers, asked side by side. The error is a [fault.Error] of network.dns that names
// every server and what it answered.
func (r *Resolver) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	name, normal := strings.ToLower(host), Normal(host)
	if addresses := r.InHostsFile(normal); len(addresses) > 0 {
		return addresses, nil
	}
	if IsLocalhost(normal) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if _, ok := dns.IsDomainName(name); !ok || normal == "" {
		return nil, fault.Wrap(ErrNoSuchName, fault.NetworkDNS, "%.100q is not a host name", host).
			With(fault.Facts{Host: normal})
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, Unresolved(ctx.Err(), normal, silence(r.conf.Servers))
	}
	if addresses := r.known[name]; len(addresses) > 0 {
		return addresses, nil
	}
	addresses, err := r.search(ctx, name)
	if err == nil {
		r.known[name] = addresses
	}
	return addresses, err
}

// Normal is the form of a host's name in which names are compared.
func Normal(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// IsLocalhost reports whether a name stands for this machine wherever it is (RFC 6761).
func IsLocalhost(name string) bool { return InDomain(name, "localhost") }

// InDomain reports whether host is domain or a name below it.
func InDomain(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// search asks for the name, then for the name in each search domain; for a name without a dot the other
// way round. The failure it returns is that of the name itself, or of the search domain where it ended.
func (r *Resolver) search(ctx context.Context, name string) ([]netip.Addr, error) {
	var said []Both
	denied, settled := true, false
	for _, candidate := range r.conf.NameList(name) {
		if _, ok := dns.IsDomainName(candidate); !ok {
			continue // the search domain makes it too long, or is invalid
		}
		addresses, failed := r.askServers(ctx, candidate)
		if failed == nil {
			return addresses, nil
		}
		denies := func(b Both) bool { return b.Status().Denies() }
		if !settled {
			said, denied = failed, denied && !slices.ContainsFunc(failed, func(b Both) bool { return !denies(b) })
			settled = candidate == dns.Fqdn(name)
		}
		if !slices.ContainsFunc(failed, denies) {
			break // who knows nothing of this name will know nothing of the next
		}
	}
	cause := ctx.Err()
	if denied {
		cause = ErrNoSuchName
	}
	return nil, Unresolved(cause, Normal(name), said)
}

// askServers asks every server for name and takes the first answer with an address; without one it
// returns what each server said.
func (r *Resolver) askServers(ctx context.Context, name string) ([]netip.Addr, []Both) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	said := silence(r.conf.Servers)
	addresses, errs := task.Race(ctx, len(said), 0, func(ctx context.Context, i int) ([]netip.Addr, error) {
		said[i] = r.conf.askBoth(ctx, r.conf.Servers[i], name)
		if addresses := said[i].Usable(); len(addresses) > 0 {
			return addresses, nil
		}
		status := said[i].Status()
		if status.Denies() {
			time.AfterFunc(denialWait, cancel)
		}
		return nil, status
	})
	if errs == nil {
		return addresses, nil
	}
	return nil, said
}

// Unresolved is the failure to resolve host, after its servers said this.
func Unresolved(cause error, host string, said []Both) *fault.Error {
	var parts []string
	for _, both := range said {
		parts = append(parts, string(both.Status())+" from "+both.Server())
	}
	const format = "the name %s does not resolve (status: %s)"
	return fault.Wrap(cause, fault.NetworkDNS, format, host, strings.Join(parts, "; ")).With(fault.Facts{Host: host})
}

// denialWait is how long a denial waits to be contradicted. libc does not wait; but where one server
// filters a name, the next may know it.
const denialWait = 2 * time.Second

// secondFamily is how long IPv4 addresses wait for IPv6 ones (RFC 8305's resolution delay). The other
// way round it is denialWait: few containers have a way out over IPv6.
const secondFamily = 50 * time.Millisecond

// Both are a server's answers for the two address families.
type Both struct{ Four, Six Answer }

// silence is what servers say that have not answered.
func silence(servers []string) (said []Both) {
	for _, server := range servers {
		said = append(said, Both{Four: Answer{Server: server}})
	}
	return said
}

// askBoth asks one server for both address families at once.
func (c *Config) askBoth(ctx context.Context, server, name string) (both Both) {
	patience := min(time.Duration(c.Timeout*c.Attempts)*time.Second, maxPatience)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer waiting.For(ctx, func() string {
		return "the name server " + shortServer(server) + " to resolve " + Normal(name)
	})()
	var asked task.Group
	ask := func(kind uint16, answer *Answer, wait time.Duration) {
		asked.Go(ctx, func() {
			question := new(dns.Msg).SetQuestion(name, kind)
			if c.extended {
				question.SetEdns0(payload, false)
			}
			*answer = asker{c.Attempts, c.OverTCP, true}.ask(ctx, server, question)
			switch status := answer.Status(); {
			case status == statusFound:
				time.AfterFunc(wait, cancel)
			case status.Denies():
				time.AfterFunc(denialWait, cancel)
			}
		})
	}
	ask(dns.TypeAAAA, &both.Six, denialWait)
	ask(dns.TypeA, &both.Four, secondFamily)
	asked.Wait()
	return both
}

// Addresses are those that the server gives to the host, blocking ones included.
func (b Both) Addresses() []netip.Addr { return slices.Concat(b.Four.Addresses(), b.Six.Addresses()) }

// Usable are the addresses that can be connected to.
func (b Both) Usable() []netip.Addr {
	return slices.DeleteFunc(b.Addresses(), netip.Addr.IsUnspecified)
}

// Server is the server's address, without the port that all have.
func (b Both) Server() string { return shortServer(b.Four.Server) }

// Status is why the server gave no address: what it says of IPv4, unless that is only that the name
// has none.
func (b Both) Status() Status {
	if status := b.Four.Status(); status != statusEmpty {
		return status
	}
	return b.Six.Status()
}
