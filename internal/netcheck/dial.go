package netcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"localstack-entrypoint/internal/fault"
)

// nextAddress is how long one address may be silent before the next is tried
// beside it (RFC 8305's connection attempt delay).
const nextAddress = 250 * time.Millisecond

// dial connects to address, a host and port, over whichever of the host's
// addresses answers first. Errors are [fault.Error] of the network rows.
func dial(ctx context.Context, resolver *Resolver, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addresses, err := resolver.Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	addresses = alternate(addresses)
	conn, errs := race(ctx, len(addresses), nextAddress, func(ctx context.Context, i int) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(addresses[i].String(), port))
		if err == nil && ctx.Err() != nil {
			conn.Close() // another address won; nobody takes this one
		}
		return conn, err
	})
	if errs != nil {
		return nil, dialFault(host, net.JoinHostPort(addresses[0].String(), port), errs)
	}
	return conn, nil
}

// alternate orders addresses so that the families take turns, IPv6 first.
func alternate(addresses []netip.Addr) []netip.Addr {
	var six, four, mixed []netip.Addr
	for _, address := range addresses {
		if address.Is4() {
			four = append(four, address)
		} else {
			six = append(six, address)
		}
	}
	for len(six)+len(four) > 0 {
		if len(six) > 0 {
			mixed, six = append(mixed, six[0]), six[1:]
		}
		if len(four) > 0 {
			mixed, four = append(mixed, four[0]), four[1:]
		}
	}
	return mixed
}

// dialFault says the most telling thing about several failed connections: a
// refusal tells more than silence, silence more than a missing route.
func dialFault(host, address string, errs []error) *fault.Error {
	err := errors.Join(errs...)
	name := address
	var failed *net.OpError
	for _, one := range errs {
		if errors.As(one, &failed) && failed.Addr != nil && errors.Is(one, syscall.ECONNREFUSED) {
			name = failed.Addr.String()
		}
	}
	if ip, _, _ := net.SplitHostPort(name); ip != host {
		name = fmt.Sprintf("%s (%s)", host, name)
	}
	out := fault.New(fault.NetworkUnreachable, "no route to %s", name)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		out = fault.New(fault.NetworkRefused, "the connection to %s was refused", name)
	case isTimeout(err):
		out = fault.New(fault.NetworkTimeout, "no answer from %s in time", name)
	}
	out.Host = host
	return out.Because(err)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
