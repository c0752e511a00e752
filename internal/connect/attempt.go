package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

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
func alternate(addresses []netip.Addr) (mixed []netip.Addr) {
	var six, four []netip.Addr
	for _, address := range addresses {
		if address.Is4() {
			four = append(four, address)
		} else {
			six = append(six, address)
		}
	}
	for i := range addresses {
		mixed = append(mixed, six[min(i, len(six)):min(i+1, len(six))]...)
		mixed = append(mixed, four[min(i, len(four)):min(i+1, len(four))]...)
	}
	return mixed
}

// String is as in "192.0.2.1: connected in 12 ms".
func (a Attempt) String() string {
	var errno syscall.Errno
	status := "cannot connect"
	switch {
	case a.Err == nil:
		status = fmt.Sprintf("connected in %d ms", a.Took.Milliseconds())
	case resolve.IsTimeout(a.Err), errors.Is(a.Err, context.Canceled):
		status = "timeout"
	case errors.As(a.Err, &errno):
		status = errno.Error()
	}
	return a.Address.String() + ": " + status
}

// Unreached is the failure to connect to a host: the most telling one, for a refusal tells more than
// silence, and silence more than a missing route.
func Unreached(host, port string, attempts []Attempt) *fault.Error {
	var causes []error
	for _, a := range attempts {
		causes = append(causes, a.Err)
	}
	most := slices.MaxFunc(attempts, func(a, b Attempt) int { return cmp.Compare(a.tells(), b.tells()) })
	name := net.JoinHostPort(most.Address.String(), port)
	if most.Address.String() != host {
		name = fmt.Sprintf("%s (%s)", host, name)
	}
	id, detail := fault.NetworkUnreachable, "cannot connect to "+name
	var errno syscall.Errno
	switch {
	case errors.Is(most.Err, syscall.ECONNREFUSED):
		id, detail = fault.NetworkRefused, "the connection to "+name+" was refused"
	case resolve.IsTimeout(most.Err):
		id, detail = fault.NetworkTimeout, "no answer from "+name+" in time"
	case errors.Is(most.Err, syscall.EHOSTUNREACH), errors.Is(most.Err, syscall.ENETUNREACH):
		detail = "no route to " + name
	case errors.As(most.Err, &errno):
		detail += ": " + errno.Error()
	}
	return fault.Wrap(errors.Join(causes...), id, "%s", detail).With(fault.Facts{Host: host})
}

// tells is how much a failed attempt tells.
func (a Attempt) tells() int {
	switch {
	case errors.Is(a.Err, syscall.ECONNREFUSED):
		return 2
	case resolve.IsTimeout(a.Err):
		return 1
	}
	return 0
}
