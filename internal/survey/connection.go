package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
)

// connection tries all addresses of what is next on the way: the host, or the proxy.
func (s *Survey) connection(ctx context.Context, next *url.URL, addresses []netip.Addr) fault.Check {
	ctx, cancel := half(ctx)
	defer cancel()
	port := cmp.Or(next.Port(), map[string]string{"http": "80", "https": "443"}[next.Scheme], "1080") // SOCKS
	check := checkAttempts(next.Hostname(), port, connect.TryAll(ctx, addresses, port))
	if check.State == fault.Failed && s.proxy != nil {
		return fault.Fail(check.Name, connect.ProxyFault(s.proxy, check.Finding), check.Evidence...)
	}
	return check
}

const four, six = "IPv4", "IPv6"

// familyOf is the address family of an attempt, and the other one.
func familyOf(a connect.Attempt) (family, other string) {
	if a.Address.Unmap().Is4() {
		return four, six
	}
	return six, four
}

// checkAttempts is the check of a host's addresses after these attempts to connect.
func checkAttempts(host, port string, attempts []connect.Attempt) fault.Check {
	name := fault.StageConnection.String()
	var evidence []string
	var fastest *connect.Attempt
	reached := map[string]bool{}
	for i, a := range attempts {
		evidence = append(evidence, a.String())
		if a.Err != nil {
			continue
		}
		family, _ := familyOf(a)
		reached[family] = true
		if fastest == nil || a.Took < fastest.Took {
			fastest = &attempts[i]
		}
	}
	if fastest == nil {
		return fault.Fail(name, unreached(host, port, attempts), evidence...)
	}
	for _, a := range attempts {
		if family, other := familyOf(a); a.Err != nil && !reached[family] && !isMissing(a) {
			finding := fault.New(fault.NetworkAddressFamily,
				"%s does not work (%s), %s does; every connection to %s tries both", family, a, other, host)
			return fault.Warn(name, finding.With(fault.Facts{Host: host}), evidence...)
		}
	}
	return fault.Pass(name, fmt.Sprintf("%s answers at %s", net.JoinHostPort(host, port), fastest.Address), evidence...)
}

// isMissing reports whether the container has no way in this family at all. Most have no IPv6: that costs
// nothing, for every program knows it at once. Nor does a server on this machine that listens in one
// family only.
func isMissing(a connect.Attempt) bool {
	return a.Address.IsLoopback() || errors.Is(a.Err, syscall.ENETUNREACH) ||
		errors.Is(a.Err, syscall.EADDRNOTAVAIL) || errors.Is(a.Err, syscall.EAFNOSUPPORT)
}

// unreached says why no address of host answers. When all are of a family that this network does not
// have, that is the reason.
func unreached(host, port string, attempts []connect.Attempt) *fault.Error {
	family, other := familyOf(attempts[0])
	tellsOtherwise := func(a connect.Attempt) bool {
		own, _ := familyOf(a)
		return own != family || errors.Is(a.Err, syscall.ECONNREFUSED)
	}
	if slices.ContainsFunc(attempts, tellsOtherwise) || hasRoute(family) || !hasRoute(other) {
		return connect.Unreached(host, port, attempts)
	}
	var addresses []string
	for _, a := range attempts {
		addresses = append(addresses, a.Address.String())
	}
	return fault.New(fault.NetworkAddressFamily,
		"%s has only addresses of %s (%s), and this network has a route for %s only",
		host, family, strings.Join(addresses, ", "), other).With(fault.Facts{Host: host})
}

// hasRoute reports whether the container has a route to the outside in a family. Nothing is sent:
// connecting a datagram socket only looks the route up.
func hasRoute(family string) bool {
	conn, err := net.Dial("udp", map[string]string{four: "192.0.2.1:53", six: "[2000::1]:53"}[family])
	if err != nil {
		return false
	}
	defer conn.Close()
	return !strings.HasPrefix(conn.LocalAddr().String(), "127.")
}
