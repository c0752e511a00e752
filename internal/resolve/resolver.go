// Package resolve finds the addresses of a name: in the hosts file and by name
// servers, asked so that a failure can say which server answered what.
package resolve

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/task"
)

// ErrNoSuchName is in the chain of a failure that asking again will not mend:
// every name server denied the name.
var ErrNoSuchName = errors.New("no such name")

// Resolver resolves host names the way the container's own libc would, and
// remembers the answers for its lifetime. It is safe for concurrent use.
type Resolver struct {
	conf  *Config
	hosts string

	// turn is taken by the one lookup that may ask and touch known. It is no
	// mutex, because a lookup must be able to give up waiting for it.
	turn  chan struct{}
	known map[string][]netip.Addr
}

// NewResolver reads etc/resolv.conf and etc/hosts below root ("" for the
// system's own). Missing or senseless files count as empty: then the name
// server is the local one, as for libc.
func NewResolver(root string) *Resolver {
	return &Resolver{
		conf:  readConf(filepath.Join("/", root, "etc/resolv.conf")),
		hosts: readHosts(filepath.Join("/", root, "etc/hosts")),
		turn:  make(chan struct{}, 1),
		known: map[string][]netip.Addr{},
	}
}

// Config is what resolv.conf says.
func (r *Resolver) Config() *Config { return r.conf }

// InHostsFile are the addresses that the hosts file gives to name.
func (r *Resolver) InHostsFile(name string) []netip.Addr { return addressesIn(r.hosts, name) }

// Lookup returns the addresses of host: itself when it is an address, else
// those of the hosts file, else those of the name servers, asked side by side.
// The error is a [fault.Error] of network.dns that names every server and what
// it answered.
func (r *Resolver) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	name := strings.ToLower(host)
	bare := strings.TrimSuffix(name, ".")
	if addresses := addressesIn(r.hosts, bare); len(addresses) > 0 {
		return addresses, nil
	}
	if IsLocalhost(bare) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if _, ok := dns.IsDomainName(name); !ok || bare == "" {
		return nil, fault.Wrap(ErrNoSuchName, fault.NetworkDNS, "%.100q is not a host name", host).With(fault.Facts{Host: bare})
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, unresolved(ctx.Err(), bare, silence(r.conf.Servers))
	}
	if addresses := r.known[name]; len(addresses) > 0 {
		return addresses, nil
	}
	addresses, err := r.query(ctx, name)
	if err == nil {
		r.known[name] = addresses
	}
	return addresses, err
}

// IsLocalhost reports whether a name stands for this machine wherever it is (RFC 6761).
func IsLocalhost(name string) bool { return InDomain(name, "localhost") }

// InDomain reports whether host is domain or a name below it.
func InDomain(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// query asks for the name, then for the name in each search domain; for a
// name without a dot the other way round. The failure it returns is that of
// the name itself, or of the search domain where it ended.
func (r *Resolver) query(ctx context.Context, name string) ([]netip.Addr, error) {
	var told outcome
	final, settled := true, false
	for _, candidate := range r.conf.NameList(name) {
		if _, ok := dns.IsDomainName(candidate); !ok {
			continue // the search domain makes it too long, or is none
		}
		addresses, failures := r.askServers(ctx, candidate)
		if failures == nil {
			return addresses, nil
		}
		if !settled {
			told, final = failures, final && failures.denied()
			settled = candidate == dns.Fqdn(name)
		}
		if !failures.doubted() {
			break // who knows nothing of this name will know nothing of the next
		}
	}
	bare := strings.TrimSuffix(name, ".")
	if final {
		return nil, unresolved(ErrNoSuchName, bare, told)
	}
	return nil, unresolved(ctx.Err(), bare, told)
}

// unresolved is the failure to resolve name.
func unresolved(cause error, name string, told outcome) *fault.Error {
	return fault.Wrap(cause, fault.NetworkDNS, "the name %s does not resolve (status: %s)", name, told).With(fault.Facts{Host: name})
}

// askServers asks every server for name and takes the first answer with an
// address; without one it returns what each server said.
func (r *Resolver) askServers(ctx context.Context, name string) ([]netip.Addr, outcome) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	servers := r.conf.Servers
	addresses, errs := task.Race(ctx, len(servers), 0, func(ctx context.Context, i int) ([]netip.Addr, error) {
		addresses, err := r.askBoth(ctx, servers[i], name)
		if IsDenial(err) {
			time.AfterFunc(doubt, cancel)
		}
		return addresses, err
	})
	if errs == nil {
		return addresses, nil
	}
	told := silence(servers)
	for i, err := range errs {
		told[i].status = statusOf(err)
	}
	return nil, told
}
