package survey

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// attempt is one with an outcome.
func attempt(address string, took time.Duration, err error) connect.Attempt {
	return connect.Attempt{Address: netip.MustParseAddr(address), Took: took, Err: err}
}

func dialError(errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
}

func TestConnectionCheckResults(t *testing.T) {
	t.Parallel()
	refused, noRoute, noAddress, timeout := dialError(syscall.ECONNREFUSED), dialError(syscall.ENETUNREACH),
		dialError(syscall.EADDRNOTAVAIL), error(&net.OpError{Op: "dial", Err: context.DeadlineExceeded})
	const four, six, six2 = "192.0.2.1", "2001:db8::1", "2001:db8::2"
	for name, c := range map[string]struct {
		attempts []connect.Attempt
		state    fault.State
		id       fault.ID
		fact     string
	}{
		"one": {[]connect.Attempt{attempt(four, 3*time.Millisecond, nil)}, fault.Passed, "", host +
			":443 answers at 192.0.2.1"},
		"the fastest": {[]connect.Attempt{attempt(six, 30*time.Millisecond, nil),
			attempt(four, 3*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"one of a family is enough": {[]connect.Attempt{attempt(six, 0, timeout), attempt(six2, 5*time.Millisecond, nil),
			attempt(four, 9*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 2001:db8::2"},
		"no IPv6 here, as usual": {[]connect.Attempt{attempt(six, 0, noRoute), attempt(four, 3*time.Millisecond, nil)},
			fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"no IPv6 address here": {[]connect.Attempt{attempt(six, 0, noAddress), attempt(four, 3*time.Millisecond, nil)},
			fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"IPv6 swallows": {[]connect.Attempt{attempt(six, 0, noRoute), attempt(six2, 0, timeout),
			attempt(four, 0, nil)}, fault.Warned, fault.NetworkAddressFamily,
			"IPv6 does not work (2001:db8::2: timeout), IPv4 does; every connection to " + host + " tries both"},
		"IPv4 is refused": {[]connect.Attempt{attempt(six, 0, nil), attempt(four, 0, refused)}, fault.Warned,
			fault.NetworkAddressFamily,
			"IPv4 does not work (192.0.2.1: connection refused), IPv6 does; every connection to " + host + " tries both"},
		"refused": {[]connect.Attempt{attempt(four, 0, refused)}, fault.Failed, fault.NetworkRefused,
			"the connection to " + host + " (192.0.2.1:443) was refused"},
		"a refusal tells most": {[]connect.Attempt{attempt(six, 0, timeout), attempt(four, 0, refused)}, fault.Failed,
			fault.NetworkRefused, "the connection to " + host + " (192.0.2.1:443) was refused"},
		"silence tells more": {[]connect.Attempt{attempt(six, 0, noRoute), attempt(four, 0, timeout)}, fault.Failed,
			fault.NetworkTimeout, "the connection to " + host + " (192.0.2.1:443) timed out"},
		"nowhere in either family": {[]connect.Attempt{attempt(six, 0, noRoute), attempt(four, 0, noRoute)}, fault.Failed,
			fault.NetworkUnreachable, "no route to " + host + " ([2001:db8::1]:443)"},
		"IPv4 in the form of IPv6": {[]connect.Attempt{attempt("::ffff:192.0.2.1", 0, nil), attempt(six, 0, timeout)},
			fault.Warned, fault.NetworkAddressFamily,
			"IPv6 does not work (2001:db8::1: timeout), IPv4 does; every connection to " + host + " tries both"},
		"canceled, as time was out": {[]connect.Attempt{attempt(four, 0, context.Canceled)}, fault.Failed,
			fault.NetworkUnreachable, "cannot connect to " + host + " (192.0.2.1:443)"},
	} {
		check := checkAttempts(host, "443", c.attempts)
		if check.State != c.state || check.Fact != c.fact || len(check.Evidence) != len(c.attempts) {
			t.Errorf("%s: %s %q, %q", name, check.State, check.Fact, check.Evidence)
		}
		if c.id != "" {
			testkit.ExpectFault(t, check.Finding, c.id, c.fact)
		} else if check.Finding != nil {
			t.Errorf("%s: %v", name, check.Finding)
		}
	}
}
