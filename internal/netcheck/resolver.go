// Package netcheck knows what stands between us and a host: name servers,
// proxies, TCP and TLS. It resolves names itself, so that a failure can say
// which server answered what, and turns every failure on the way into a row of
// the failure table.
package netcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
)

const (
	// maxServers is how many name servers libc asks; what the emulator cannot
	// use later must not help us now.
	maxServers = 3
	// maxLookup bounds the wait for one name server whatever resolv.conf says.
	maxLookup = 10 * time.Second
)

// ErrNoSuchName is in the chain of a failure that asking again will not mend:
// every name server denied the name.
var ErrNoSuchName = errors.New("no such name")

// Resolver resolves host names the way the container's own libc would, and
// remembers the answers for its lifetime. It is safe for concurrent use.
type Resolver struct {
	conf  dns.ClientConfig
	hosts map[string][]netip.Addr

	mu    sync.Mutex
	known map[string][]netip.Addr
}

// NewResolver reads etc/resolv.conf and etc/hosts below root ("" for the
// system's own). Missing or senseless files count as empty: then the name
// server is the local one, as for libc.
func NewResolver(root string) *Resolver {
	return &Resolver{
		conf:  readConf(filepath.Join("/", root, "etc/resolv.conf")),
		hosts: readHosts(filepath.Join("/", root, "etc/hosts")),
		known: map[string][]netip.Addr{},
	}
}

func readConf(path string) dns.ClientConfig {
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil {
		conf = &dns.ClientConfig{Port: "53", Timeout: 5, Attempts: 2}
	}
	var servers []string
	for _, server := range conf.Servers {
		if address, ok := serverAddress(server, conf.Port); ok && len(servers) < maxServers {
			servers = append(servers, address)
		}
	}
	if len(servers) == 0 {
		servers = []string{net.JoinHostPort("127.0.0.1", conf.Port)}
	}
	var search []string
	for _, domain := range conf.Search {
		if strings.Trim(domain, ".") != "" {
			search = append(search, domain)
		}
	}
	conf.Servers, conf.Search = servers, search
	// One dot makes a name worth asking as it is: with Kubernetes' ndots:5 a
	// public name would first be looked for in every search domain.
	conf.Ndots = 1
	return *conf
}

// serverAddress reads a nameserver entry: an address, or [address]:port as
// OpenBSD writes it.
func serverAddress(entry, port string) (string, bool) {
	if address, err := netip.ParseAddr(entry); err == nil {
		return net.JoinHostPort(address.String(), port), true
	}
	if !strings.HasPrefix(entry, "[") {
		return "", false
	}
	host, port, err := net.SplitHostPort(entry)
	if err != nil {
		return "", false
	}
	address, err := netip.ParseAddr(host)
	return net.JoinHostPort(address.String(), port), err == nil
}

func readHosts(path string) map[string][]netip.Addr {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	hosts := map[string][]netip.Addr{}
	for line := range strings.Lines(string(content)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		address, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			hosts[canonical(name)] = append(hosts[canonical(name)], address)
		}
	}
	return hosts
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// Lookup returns the addresses of host: itself when it is an address, else
// those of the hosts file, else those of the name servers, asked side by side.
// The error is a [fault.Error] of network.dns that names every server and what
// it answered.
func (r *Resolver) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	name := canonical(host)
	if addresses := r.hosts[name]; len(addresses) > 0 {
		return addresses, nil
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if addresses := r.known[name]; len(addresses) > 0 {
		return addresses, nil
	}
	addresses, err := r.query(ctx, name)
	if err == nil {
		r.known[name] = addresses
	}
	return addresses, err
}

// query asks for the name, then for the name in each search domain; the
// failure it returns is that of the name itself.
func (r *Resolver) query(ctx context.Context, name string) ([]netip.Addr, error) {
	if _, ok := dns.IsDomainName(name); !ok || strings.Contains(name, "..") {
		return nil, &fault.Error{ID: fault.NetworkDNS, Host: name, Detail: fmt.Sprintf("%.100q is not a host name", name), Cause: ErrNoSuchName}
	}
	var failures []*answerError
	for _, candidate := range r.conf.NameList(name) {
		addresses, errs := race(ctx, len(r.conf.Servers), 0, func(ctx context.Context, i int) ([]netip.Addr, error) {
			return r.ask(ctx, r.conf.Servers[i], candidate)
		})
		if errs == nil {
			return addresses, nil
		}
		if found := r.outcomes(errs); failures == nil || candidate == dns.Fqdn(name) {
			failures = found
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, describe(name, failures)
}

// outcomes is what each server made of a question, servers that were still
// silent when the time was over included.
func (r *Resolver) outcomes(errs []error) []*answerError {
	seen := map[string]*answerError{}
	for _, err := range errs {
		var answer *answerError
		if errors.As(err, &answer) {
			seen[answer.server] = answer
		}
	}
	var all []*answerError
	for _, server := range r.conf.Servers {
		if seen[server] == nil {
			seen[server] = &answerError{server: server, status: statusTimeout}
		}
		all = append(all, seen[server])
	}
	return all
}

func describe(name string, failures []*answerError) *fault.Error {
	denied := len(failures) > 0
	var parts []string
	for _, failure := range failures {
		denied = denied && (failure.status == dns.RcodeToString[dns.RcodeNameError] || failure.status == statusEmpty)
		parts = append(parts, failure.Error())
	}
	failed := &fault.Error{
		ID: fault.NetworkDNS, Host: name,
		Detail: fmt.Sprintf("the name %s does not resolve (status: %s)", name, strings.Join(parts, "; ")),
	}
	if denied {
		failed.Cause = ErrNoSuchName
	}
	return failed
}
