package resolve

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"localstack-entrypoint/internal/fault"
)

// unresolved is the failure to resolve host, after the servers of resolv.conf said this.
func (r *Resolver) unresolved(cause error, host string, said []Both) *fault.Error {
	failed := r.conf.Unresolved(cause, host, said)
	if r.hostsFlaw != "" {
		failed = failed.With(fault.Facts{Remarks: []string{r.hostsFlaw}})
	}
	return failed
}

// Unresolved is the failure to resolve host, after the servers of resolv.conf said this.
func (c *Config) Unresolved(cause error, host string, said []Both) *fault.Error {
	var parts []string
	for _, both := range said {
		parts = append(parts, string(both.Status())+" from "+both.Server())
	}
	id := c.rowOf(host, said)
	text := fmt.Sprintf("the name %s does not resolve (status: %s)", host, strings.Join(parts, "; "))
	if id == fault.NetworkNone {
		text += "; " + NoNetwork
	}
	return fault.Wrap(cause, id, "%s", text).With(fault.Facts{Host: host, Remarks: c.hints(id, said)})
}

// rowOf is the row of the failure table for what the servers said. Only who has answered can filter, and
// only a name that others can know.
func (c *Config) rowOf(host string, said []Both) fault.ID {
	keepsItBack := func(b Both) bool { return b.denies() || b.Status() == statusRefused }
	isLoopback := func(b Both) bool { return b.address().IsLoopback() }
	switch {
	case slices.ContainsFunc(said, keepsItBack) && c.isOwn(host):
		return fault.NetworkDNSUnknownHost
	case slices.ContainsFunc(said, keepsItBack):
		return fault.NetworkDNS
	case slices.ContainsFunc(said, Both.isReached):
		return fault.NetworkDNSFailed
	case !slices.ContainsFunc(said, isLoopback) && !HasNetwork():
		return fault.NetworkNone
	}
	return fault.NetworkDNSUnreachable
}

// isOwn reports whether host can be known in a network of one's own only: a name without a dot, in a domain
// that resolv.conf completes names with, or in one that the public DNS does not have.
func (c *Config) isOwn(host string) bool {
	// RFC 6762 (appendix G), RFC 8375, ICANN's .internal; Kubernetes, Consul, routers.
	private := []string{
		"local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa", "localdomain", "svc", "consul",
	}
	isIn := func(domain string) bool { return InDomain(host, strings.ToLower(domain)) }
	return !strings.Contains(host, ".") || slices.ContainsFunc(private, isIn) || slices.ContainsFunc(c.Search, isIn)
}

// hints are what else is known about servers that are not reached, a phrase each, and about entries that
// could have been servers.
func (c *Config) hints(id fault.ID, said []Both) (hints []string) {
	for _, both := range said {
		if hint := both.hint(); hint != "" && !both.isReached() {
			hints = append(hints, hint)
		}
	}
	if id == fault.NetworkDNSUnreachable && !HasNetwork() {
		hints = append(hints, NoNetwork)
	}
	return append(hints, c.ignored()...)
}

// hint is what leads to a server that is not reached, where that can be seen.
func (b Both) hint() string {
	address, err := b.address(), b.Four.Err
	const dockersOwn = "127.0.0.11"
	switch {
	case address.String() == dockersOwn:
		return dockersOwn + " is Docker's own name server"
	case address.IsLoopback() && errors.Is(err, syscall.ECONNREFUSED):
		return address.String() + " is the container itself, where no name server listens"
	case address.IsLinkLocalUnicast() && errors.Is(err, syscall.EINVAL) && address.Zone() == "":
		return fmt.Sprintf("a link-local address needs its interface, as in %s%%eth0", address)
	case address.IsLinkLocalUnicast() && errors.Is(err, syscall.EINVAL):
		return "there is no interface " + address.Zone()
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return "a firewall of this machine rejects it"
	}
	return ""
}

// address is the server's; not valid when there is none.
func (b Both) address() netip.Addr {
	host, _, _ := net.SplitHostPort(b.Four.Server)
	address, _ := netip.ParseAddr(host)
	return address
}

// NoNetwork says that [HasNetwork] is false.
const NoNetwork = "this container has no network (no interface but lo has an address)"

// HasNetwork reports whether an interface besides the loopback one has an address; also where that cannot be
// seen.
func HasNetwork() bool {
	addresses, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(addresses, func(address net.Addr) bool {
		network, isNetwork := address.(*net.IPNet)
		return !isNetwork || !network.IP.IsLoopback()
	})
}
