package survey

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

// maxRoutes bounds how many addresses of a host are tried.
const maxRoutes = 8

// route is one address of a host, and what became of a connection to it.
type route struct {
	address netip.Addr
	took    time.Duration
	err     error
}

// connectAll connects to all addresses at once, and hangs up.
func connectAll(ctx context.Context, addresses []netip.Addr, port string) []route {
	addresses = connect.Alternate(addresses) // so that both families are among the first
	routes := make([]route, min(len(addresses), maxRoutes))
	var all task.Group
	for i := range routes {
		all.Go(ctx, func() {
			began := time.Now()
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(addresses[i].String(), port))
			if err == nil {
				conn.Close()
			}
			routes[i] = route{addresses[i], time.Since(began), err}
		})
	}
	all.Wait()
	return routes
}

// String is as in "192.0.2.1: connected in 12 ms".
func (r route) String() string {
	if r.err == nil {
		return fmt.Sprintf("%s: connected in %d ms", r.address, r.took.Milliseconds())
	}
	return r.address.String() + ": " + connectStatus(r.err)
}

// connectStatus is why a connection failed, in a word or two.
func connectStatus(err error) string {
	if resolve.IsTimeout(err) || errors.Is(err, context.Canceled) {
		return string(resolve.StatusTimeout)
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return "cannot connect"
}

// connection judges the routes to a host.
func connection(host, port string, routes []route) fault.Check {
	const name = "connection"
	var evidence []string
	reached := map[bool]int{} // by whether the address is of IPv4
	dead := map[bool]*route{}
	var first *route
	for i, r := range routes {
		evidence = append(evidence, r.String())
		four := r.address.Unmap().Is4()
		switch {
		case r.err == nil:
			reached[four]++
			if first == nil || r.took < first.took {
				first = &routes[i]
			}
		case !r.missing() && dead[four] == nil:
			dead[four] = &routes[i]
		}
	}
	switch {
	case first == nil:
		return fault.Fail(name, unreached(host, port, routes), evidence...)
	case dead[false] != nil && reached[false] == 0:
		return fault.Warn(name, familyFault("IPv6 leads nowhere here (%s), IPv4 does: every connection to %s tries both", dead[false], host), evidence...)
	case dead[true] != nil && reached[true] == 0:
		return fault.Warn(name, familyFault("IPv4 leads nowhere here (%s), IPv6 does: every connection to %s tries both", dead[true], host), evidence...)
	}
	return fault.Pass(name, fmt.Sprintf("%s answers at %s", net.JoinHostPort(host, port), first.address), evidence...)
}

// missing tells whether the container has no way in this family at all. Most
// have no IPv6: that costs nothing, for every program knows it at once. Nor
// does a server on this machine that listens in one family only.
func (r route) missing() bool {
	return r.address.IsLoopback() || errors.Is(r.err, syscall.ENETUNREACH) || errors.Is(r.err, syscall.EADDRNOTAVAIL) || errors.Is(r.err, syscall.EAFNOSUPPORT)
}

func familyFault(format string, r *route, host string) *fault.Error {
	return fault.New(fault.NetworkAddressFamily, format, r, host).With(fault.Facts{Host: host})
}

// unreached says why no address of host answers. When all are of a family that
// this network does not have, that is the reason.
func unreached(host, port string, routes []route) *fault.Error {
	var addresses []netip.Addr
	var errs []error
	families := map[bool]bool{}
	for _, r := range routes {
		addresses, errs = append(addresses, r.address), append(errs, r.err)
		families[r.address.Unmap().Is4()] = true
	}
	refused := slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) })
	if len(families) == 1 && !refused {
		four := families[true]
		names := map[bool]string{true: "IPv4", false: "IPv6"}
		if !hasRoute(four) && hasRoute(!four) {
			return fault.New(fault.NetworkAddressFamily, "%s has only addresses of %s (%s), and this network has a way out over %s only",
				host, names[four], resolve.Join(addresses), names[!four]).With(fault.Facts{Host: host})
		}
	}
	return connect.DialFault(host, port, addresses, errs)
}

// hasRoute tells whether the container has a route to the outside in a family.
// Nothing is sent: connecting a datagram socket only looks the route up.
func hasRoute(four bool) bool {
	outside := "[2000::1]:53"
	if four {
		outside = "192.0.2.1:53"
	}
	conn, err := net.Dial("udp", outside)
	if err != nil {
		return false
	}
	defer conn.Close()
	return !strings.HasPrefix(conn.LocalAddr().String(), "127.")
}
