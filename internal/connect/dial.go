package connect

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

// nextAddress is how long one address may be silent before the next is tried beside it (RFC 8305's
// connection attempt delay).
const nextAddress = 250 * time.Millisecond

var errTaken = errors.New("another address was faster")

// dial connects to target, a host and port, over whichever of the host's addresses answers first. Errors
// are [fault.Error] of the network rows.
func dial(ctx context.Context, resolver *resolve.Resolver, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	addresses, err := resolver.Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	addresses = alternate(addresses)
	var taken atomic.Bool
	conn, errs := task.Race(ctx, len(addresses), nextAddress, func(ctx context.Context, i int) (net.Conn, error) {
		conn, err := dialAddress(ctx, addresses[i], port)
		if err == nil && taken.Swap(true) {
			conn.Close()
			return nil, errTaken
		}
		return conn, err
	})
	if errs == nil {
		return conn, nil
	}
	var attempts []Attempt
	for i, err := range errs {
		attempts = append(attempts, Attempt{Address: addresses[i], Err: err})
	}
	return nil, Unreached(host, port, attempts)
}
