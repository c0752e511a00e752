package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/waiting"
)

// nextAddress is how long one address may be silent before the next is tried beside it (RFC 8305's
// connection attempt delay).
const nextAddress = 250 * time.Millisecond

var errTaken = errors.New("another address was faster")

// dial connects to target, a host and port, over whichever of the host's addresses answers first. role says for people
// what the target is, as in "the proxy "; it may be empty. Errors are [fault.Error] of the network rows.
func dial(ctx context.Context, resolver *resolve.Resolver, role, target string) (net.Conn, error) {
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
		defer waiting.For(ctx, func() string { return "a connection to " + role + addressName(host, port, addresses[i]) })()
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

// maxAttempts bounds how many addresses of a host are tried at once.
const maxAttempts = 8

// Attempt is what became of a connection to one address of a host.
type Attempt struct {
	Address netip.Addr
	Took    time.Duration
	Err     error
}

// TryAll connects to all addresses at once, and hangs up.
func TryAll(ctx context.Context, addresses []netip.Addr, port string) []Attempt {
	addresses = alternate(addresses) // so that both families are among the first
	attempts := make([]Attempt, min(len(addresses), maxAttempts))
	var all task.Group
	for i := range attempts {
		all.Go(ctx, func() {
			began := time.Now()
			conn, err := dialAddress(ctx, addresses[i], port)
			if err == nil {
				conn.Close()
			}
			attempts[i] = Attempt{addresses[i], time.Since(began), err}
		})
	}
	all.Wait()
	return attempts
}

func dialAddress(ctx context.Context, address netip.Addr, port string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(address.String(), port))
}

// alternate orders addresses so that the families take turns, IPv6 first.
func alternate(addresses []netip.Addr) []netip.Addr {
	turns := map[bool]int{}      // how many addresses of a family there are so far
	turn := map[netip.Addr]int{} // an address's place in its family
	for _, address := range addresses {
		turn[address] = turns[address.Is4()]
		turns[address.Is4()]++
	}
	return slices.SortedStableFunc(slices.Values(addresses), func(a, b netip.Addr) int {
		return cmp.Or(cmp.Compare(turn[a], turn[b]), cmp.Compare(b.BitLen(), a.BitLen()))
	})
}

// String is as in "192.0.2.1: connected in 12 ms".
func (a Attempt) String() string {
	if a.Err == nil {
		return fmt.Sprintf("%s: connected in %d ms", a.Address, a.Took.Milliseconds())
	}
	return fmt.Sprintf("%s: %s", a.Address, string(resolve.StatusOf(a.Err, "cannot connect")))
}

// Unreached is the failure to connect to a host: that of the attempt that tells most.
func Unreached(host, port string, attempts []Attempt) *fault.Error {
	most := -1
	var failed *fault.Error
	var causes []error
	for _, a := range attempts {
		causes = append(causes, a.Err)
		if tells, one := failure(addressName(host, port, a.Address), a.Err); tells > most {
			most, failed = tells, one
		}
	}
	return failed.With(fault.Facts{Host: host, Cause: errors.Join(causes...)})
}

// addressName is as in "api.localstack.cloud (192.0.2.1:443)".
func addressName(host, port string, address netip.Addr) string {
	name := net.JoinHostPort(address.String(), port)
	if address.String() == host {
		return name
	}
	return host + " (" + name + ")"
}

// failure is that of one attempt, and how much it tells: a refusal tells more than silence, and silence
// more than a missing route.
func failure(name string, err error) (tells int, failed *fault.Error) {
	var errno syscall.Errno
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return 2, fault.New(fault.NetworkRefused, "the connection to %s was refused", name)
	case resolve.IsTimeout(err):
		return 1, fault.New(fault.NetworkTimeout, "the connection to %s timed out", name)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return 0, fault.New(fault.NetworkUnreachable, "no route to %s", name)
	case errors.As(err, &errno):
		return 0, fault.New(fault.NetworkUnreachable, "cannot connect to %s: %s", name, errno)
	}
	return 0, fault.New(fault.NetworkUnreachable, "cannot connect to %s", name)
}
