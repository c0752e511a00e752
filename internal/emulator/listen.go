package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"localstack-entrypoint/internal/gateway"
)

// opener opens the listener of one address, as [net.ListenConfig.Listen] does.
type opener func(ctx context.Context, network, address string) (net.Listener, error)

// listen starts listening on all addresses, or on none: the error names the
// address that is in use. An optional address that cannot be opened is left out,
// with a warning. Where there is no IPv6, [::] stands for 0.0.0.0.
func listen(
	ctx context.Context, addresses gateway.Listen, open opener, warnf func(format string, args ...any),
) (listeners []net.Listener, err error) {
	for _, address := range reduced(addresses) {
		listener, err := open(ctx, network(address), address.String())
		if address.Host == anyIPv6 && isWithoutIPv6(err) {
			address.Host = anyIPv4
			listener, err = open(ctx, network(address), address.String())
		}
		switch {
		case err == nil:
			listeners = append(listeners, listener)
		case address.Optional:
			warnf("Cannot listen on %s, one of the default addresses: %v%s; set GATEWAY_LISTEN to use others",
				address, rootCause(err), hint(address, err))
		default:
			for _, opened := range listeners {
				opened.Close()
			}
			return nil, fmt.Errorf("cannot listen on %s: %w%s", address, rootCause(err), hint(address, err))
		}
	}
	return listeners, nil
}

// The addresses that stand for all of a family.
const anyIPv4, anyIPv6 = "0.0.0.0", "::"

// isWithoutIPv6 reports whether the kernel knows no IPv6 at all. Where IPv6 is only disabled, [::] takes
// IPv4 connections.
func isWithoutIPv6(err error) bool { return errors.Is(err, syscall.EAFNOSUPPORT) }

// hint is what an error means for an address, and what to do. Of an optional address that is in use, the warning says
// that.
func hint(address gateway.Address, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && !address.Optional:
		return "; another program listens there: stop it, or set GATEWAY_LISTEN=" + net.JoinHostPort(address.Host, "PORT")
	case errors.Is(err, syscall.EADDRNOTAVAIL) || isWithoutIPv6(err):
		return "; this machine does not have the address: use 0.0.0.0"
	case errors.Is(err, syscall.EACCES):
		return " (ports below 1024 need root or the capability NET_BIND_SERVICE)"
	}
	return ""
}

// rootCause leaves out the address, which net repeats in its own notation.
func rootCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// network is the one that matches the host: the plain "tcp" would quietly open
// IPv6 as well for 0.0.0.0.
func network(a gateway.Address) string {
	if ip, err := netip.ParseAddr(a.Host); err == nil && ip.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// reduced drops what another address of the same port covers: `::` covers all,
// 0.0.0.0 covers IPv4.
func reduced(addresses gateway.Listen) (kept gateway.Listen) {
	for _, a := range addresses {
		covered := slices.ContainsFunc(addresses, func(b gateway.Address) bool { return b != a && covers(b, a) })
		if !covered && !slices.Contains(kept, a) {
			kept = append(kept, a)
		}
	}
	return kept
}

func covers(a, b gateway.Address) bool {
	switch {
	case a.Port != b.Port:
		return false
	case a.Host == anyIPv6:
		return true // such a socket takes IPv4 as well
	default:
		return a.Host == anyIPv4 && network(b) == "tcp4"
	}
}
