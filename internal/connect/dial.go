package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

// nextAddress is how long one address may be silent before the next is tried
// beside it (RFC 8305's connection attempt delay).
const nextAddress = 250 * time.Millisecond

var errTaken = errors.New("another address was faster")

// dial connects to address, a host and port, over whichever of the host's
// addresses answers first. Errors are [fault.Error] of the network rows.
func dial(ctx context.Context, resolver *resolve.Resolver, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addresses, err := resolver.Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	addresses = Alternate(addresses)
	var taken atomic.Bool
	conn, errs := task.Race(ctx, len(addresses), nextAddress, func(ctx context.Context, i int) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(addresses[i].String(), port))
		if err == nil && taken.Swap(true) {
			conn.Close()
			return nil, errTaken
		}
		return conn, err
	})
	if errs != nil {
		return nil, DialFault(host, port, addresses, errs)
	}
	return conn, nil
}

// Alternate orders addresses so that the families take turns, IPv6 first.
func Alternate(addresses []netip.Addr) []netip.Addr {
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

// DialFault says the most telling thing about failed connections, errs[i]
// being that to addresses[i]: a refusal tells more than silence, silence more
// than a missing route.
func DialFault(host, port string, addresses []netip.Addr, errs []error) *fault.Error {
	worst := 0
	for i, err := range errs {
		if telling(err) > telling(errs[worst]) {
			worst = i
		}
	}
	err := errs[worst]
	name := net.JoinHostPort(addresses[worst].String(), port)
	if addresses[worst].String() != host {
		name = fmt.Sprintf("%s (%s)", host, name)
	}
	var errno syscall.Errno
	failed := fault.New(fault.NetworkUnreachable, "cannot connect to %s", name)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		failed = fault.New(fault.NetworkRefused, "the connection to %s was refused", name)
	case resolve.IsTimeout(err):
		failed = fault.New(fault.NetworkTimeout, "no answer from %s in time", name)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		failed = fault.New(fault.NetworkUnreachable, "no route to %s", name)
	case errors.As(err, &errno):
		failed = fault.New(fault.NetworkUnreachable, "cannot connect to %s: %s", name, errno)
	}
	return failed.With(fault.Facts{Host: host, Cause: errors.Join(errs...)})
}

func telling(err error) int {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return 2
	case resolve.IsTimeout(err):
		return 1
	}
	return 0
}
