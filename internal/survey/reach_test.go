package survey

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// path is a route with an outcome.
func path(address string, took time.Duration, err error) route {
	return route{netip.MustParseAddr(address), took, err}
}

func dialError(errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
}

func TestWhatConnectionsComeTo(t *testing.T) {
	t.Parallel()
	refused, noRoute, noAddress, timeout := dialError(syscall.ECONNREFUSED), dialError(syscall.ENETUNREACH), dialError(syscall.EADDRNOTAVAIL), error(&net.OpError{Op: "dial", Err: context.DeadlineExceeded})
	const four, six, six2 = "192.0.2.1", "2001:db8::1", "2001:db8::2"
	for name, c := range map[string]struct {
		routes []route
		state  fault.State
		id     fault.ID
		fact   string
	}{
		"one":                        {[]route{path(four, 3*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"the fastest":                {[]route{path(six, 30*time.Millisecond, nil), path(four, 3*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"one of a family is enough":  {[]route{path(six, 0, timeout), path(six2, 5*time.Millisecond, nil), path(four, 9*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 2001:db8::2"},
		"no IPv6 here, as usual":     {[]route{path(six, 0, noRoute), path(four, 3*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"no IPv6 address here":       {[]route{path(six, 0, noAddress), path(four, 3*time.Millisecond, nil)}, fault.Passed, "", host + ":443 answers at 192.0.2.1"},
		"IPv6 swallows":              {[]route{path(six, 0, noRoute), path(six2, 0, timeout), path(four, 0, nil)}, fault.Warned, fault.NetworkAddressFamily, "IPv6 leads nowhere here (2001:db8::2: timeout), IPv4 does: every connection to " + host + " tries both"},
		"IPv4 is refused":            {[]route{path(six, 0, nil), path(four, 0, refused)}, fault.Warned, fault.NetworkAddressFamily, "IPv4 leads nowhere here (192.0.2.1: connection refused), IPv6 does: every connection to " + host + " tries both"},
		"refused":                    {[]route{path(four, 0, refused)}, fault.Failed, fault.NetworkRefused, "the connection to " + host + " (192.0.2.1:443) was refused"},
		"a refusal tells most":       {[]route{path(six, 0, timeout), path(four, 0, refused)}, fault.Failed, fault.NetworkRefused, "the connection to " + host + " (192.0.2.1:443) was refused"},
		"silence tells more":         {[]route{path(six, 0, noRoute), path(four, 0, timeout)}, fault.Failed, fault.NetworkTimeout, "no answer from " + host + " (192.0.2.1:443) in time"},
		"nowhere in either family":   {[]route{path(six, 0, noRoute), path(four, 0, noRoute)}, fault.Failed, fault.NetworkUnreachable, "no route to " + host + " ([2001:db8::1]:443)"},
		"IPv4 in the form of IPv6":   {[]route{path("::ffff:192.0.2.1", 0, nil), path(six, 0, timeout)}, fault.Warned, fault.NetworkAddressFamily, "IPv6 leads nowhere here (2001:db8::1: timeout), IPv4 does: every connection to " + host + " tries both"},
		"cancelled, as time was out": {[]route{path(four, 0, context.Canceled)}, fault.Failed, fault.NetworkUnreachable, "cannot connect to " + host + " (192.0.2.1:443)"},
	} {
		check := connection(host, "443", c.routes)
		if check.State != c.state || check.Fact != c.fact || len(check.Evidence) != len(c.routes) {
			t.Errorf("%s: %s %q, %q", name, check.State, check.Fact, check.Evidence)
		}
		if c.id != "" {
			testkit.ExpectFault(t, check.Finding, c.id, c.fact)
		} else if check.Finding != nil {
			t.Errorf("%s: %v", name, check.Finding)
		}
	}
}

func TestRoutesInALine(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]route{
		"192.0.2.1: connected in 12 ms": path("192.0.2.1", 12*time.Millisecond, nil),
		"192.0.2.1: connection refused": path("192.0.2.1", 0, dialError(syscall.ECONNREFUSED)),
		"192.0.2.1: timeout":            path("192.0.2.1", 0, context.DeadlineExceeded),
		"2001:db8::1: cannot connect":   path("2001:db8::1", 0, net.ErrClosed),
	} {
		if r.String() != want {
			t.Errorf("got %s, want %s", r, want)
		}
	}
}

func TestBothFamiliesAreAmongTheFirstAddresses(t *testing.T) {
	t.Parallel()
	var addresses []netip.Addr
	for i := range byte(2 * maxRoutes) {
		addresses = append(addresses, netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: i}))
	}
	addresses = append(addresses, netip.MustParseAddr("127.0.0.1"))
	over, cancel := context.WithCancel(t.Context())
	cancel() // nothing may leave this machine
	routes := connectAll(over, addresses, "443")
	if len(routes) != maxRoutes || routes[1].address != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("%v", routes)
	}
}

func TestAllAddressesAreTriedAtOnce(t *testing.T) {
	t.Parallel()
	port := testkit.Swallow(t, "127.0.0.3", 0)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.4:%d", port))
	if err != nil {
		t.Skip("the port is taken there")
	}
	defer listener.Close()
	routes := connectAll(testkit.Limited(t), []netip.Addr{netip.MustParseAddr("127.0.0.3"), netip.MustParseAddr("127.0.0.4"), netip.MustParseAddr("127.0.0.5")}, fmt.Sprint(port))
	var got []string
	for _, r := range routes {
		got = append(got, strings.Split(r.String(), " in ")[0])
	}
	if want := "127.0.0.3: timeout; 127.0.0.4: connected; 127.0.0.5: connection refused"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}
