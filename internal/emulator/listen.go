package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"localstack-entrypoint/internal/gateway"
)

// listen starts listening on all addresses, or on none: the error names the
// address that is in use.
func listen(ctx context.Context, addresses gateway.Listen) (listeners []net.Listener, err error) {
	for _, address := range reduced(addresses) {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, network(address), address.String())
		if err != nil {
			for _, opened := range listeners {
				opened.Close()
			}
			return nil, fmt.Errorf("cannot listen on %s: %w", address, rootCause(err))
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
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
	case a.Host == "::":
		return true // such a socket takes IPv4 as well
	default:
		return a.Host == "0.0.0.0" && network(b) == "tcp4"
	}
}
