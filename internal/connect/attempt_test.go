package connect

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

func TestAttemptsInALine(t *testing.T) {
	t.Parallel()
	four := netip.MustParseAddr("192.0.2.1")
	for want, r := range map[string]Attempt{
		"192.0.2.1: connected in 12 ms": {Address: four, Took: 12 * time.Millisecond},
		"192.0.2.1: connection refused": {Address: four, Err: syscall.ECONNREFUSED},
		"192.0.2.1: timeout":            {Address: four, Err: context.DeadlineExceeded},
		"2001:db8::1: cannot connect":   {Address: netip.MustParseAddr("2001:db8::1"), Err: net.ErrClosed},
	} {
		if r.String() != want {
			t.Errorf("got %s, want %s", r, want)
		}
	}
}

func TestBothFamiliesAreAmongTheFirstAddresses(t *testing.T) {
	t.Parallel()
	var addresses []netip.Addr
	for i := range byte(2 * maxAttempts) {
		addresses = append(addresses, netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: i}))
	}
	addresses = append(addresses, netip.MustParseAddr("127.0.0.1"))
	over, cancel := context.WithCancel(t.Context())
	cancel() // nothing may leave this machine
	attempts := TryAll(over, addresses, "443")
	if len(attempts) != maxAttempts || attempts[1].Address != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("%v", attempts)
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
	attempts := TryAll(testkit.Limited(t),
		[]netip.Addr{netip.MustParseAddr("127.0.0.3"), netip.MustParseAddr("127.0.0.4"), netip.MustParseAddr("127.0.0.5")},
		fmt.Sprint(port))
	var got []string
	for _, r := range attempts {
		got = append(got, strings.Split(r.String(), " in ")[0])
	}
	if want := "127.0.0.3: timeout; 127.0.0.4: connected; 127.0.0.5: connection refused"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}
