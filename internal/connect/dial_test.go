package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/testkit"
)

// reach dials host, for which the hosts file has the addresses in this order.
func reach(t *testing.T, ctx context.Context, port int, ips ...string) (string, error) {
	t.Helper()
	root := t.TempDir()
	for _, ip := range ips {
		old, _ := os.ReadFile(root + "/etc/hosts")
		testkit.Put(t, root, "etc/hosts", string(old)+ip+" "+host+"\n")
	}
	conn, err := dial(ctx, resolve.New(layout.Root(root)), "", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	reached, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	return reached, nil
}

func expectReached(t *testing.T, port int, want string, ips ...string) {
	t.Helper()
	testkit.Within(t, testkit.Soon, func() {
		if got, err := reach(t, t.Context(), port, ips...); err != nil || got != want {
			t.Errorf("reached %q, %v; want %q", got, err, want)
		}
	})
}

func TestDialTakesTheNextAddressWhenOneRefuses(t *testing.T) {
	t.Parallel()
	port, _ := testkit.Hold(t, "127.0.0.3")
	testkit.Refuse(t, "127.0.0.2", port)
	expectReached(t, port, "127.0.0.3", "127.0.0.2", "127.0.0.3")
	expectReached(t, port, "127.0.0.3", "::1", "127.0.0.3") // nobody listens at ::1
}

func TestDialDoesNotWaitLongForAnAddressThatIsSilent(t *testing.T) {
	t.Parallel()
	port, _ := testkit.Hold(t, "127.0.0.4")
	testkit.Swallow(t, "127.0.0.3", port)
	testkit.Refuse(t, "127.0.0.2", port)
	expectReached(t, port, "127.0.0.4", "127.0.0.3", "127.0.0.4")
	expectReached(t, port, "127.0.0.4", "127.0.0.2", "127.0.0.3", "127.0.0.4")
}

func TestDialPrefersIPv6(t *testing.T) {
	t.Parallel()
	port, _ := testkit.Hold(t, "127.0.0.3")
	listener, err := net.Listen("tcp", fmt.Sprintf("[::1]:%d", port))
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	t.Cleanup(func() { listener.Close() })
	expectReached(t, port, "::1", "127.0.0.3", "::1")
}

func TestDialNamesTheAddressThatRefused(t *testing.T) {
	t.Parallel()
	_, port := testkit.Refuse(t, "127.0.0.2", 0)
	_, err := reach(t, t.Context(), port, "127.0.0.2")
	testkit.ExpectFault(t, err, fault.NetworkRefused,
		fmt.Sprintf("the connection to %s (127.0.0.2:%d) was refused", host, port))
	testkit.Swallow(t, "127.0.0.3", port)
	_, err = reach(t, testkit.Limited(t), port, "127.0.0.3", "127.0.0.2")
	testkit.ExpectFault(t, err, fault.NetworkRefused,
		fmt.Sprintf("the connection to %s (127.0.0.2:%d) was refused", host, port))
}

func TestDialNamesTheAddressThatWasSilent(t *testing.T) {
	t.Parallel()
	port := testkit.Swallow(t, "127.0.0.2", 0)
	testkit.Within(t, testkit.Soon, func() {
		_, err := reach(t, testkit.Limited(t), port, "127.0.0.2")
		testkit.ExpectFault(t, err, fault.NetworkTimeout,
			fmt.Sprintf("the connection to %s (127.0.0.2:%d) timed out", host, port))
	})
}

func TestDialByAddressDoesNotRepeatIt(t *testing.T) {
	t.Parallel()
	_, port := testkit.Refuse(t, "127.0.0.2", 0)
	_, err := dial(t.Context(), resolve.New(layout.Root(t.TempDir())), "", fmt.Sprintf("127.0.0.2:%d", port))
	testkit.ExpectFault(t, err, fault.NetworkRefused, fmt.Sprintf("the connection to 127.0.0.2:%d was refused", port))
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	port := testkit.Swallow(t, "127.0.0.2", 0)
	testkit.Within(t, testkit.Soon, func() {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if _, err := reach(t, ctx, port, "127.0.0.2"); !errors.Is(err, &fault.Error{ID: fault.NetworkUnreachable}) {
			t.Errorf("got %v", err)
		}
	})
}

func TestDialAsksOnceForAllConnections(t *testing.T) {
	t.Parallel()
	port, _ := testkit.Hold(t, "127.0.0.1")
	server := testkit.DNS(t, testkit.Zone{host: {IP: []string{"127.0.0.1"}}})
	r := resolve.New(layout.Root(testkit.Root(t, server)))
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			conn, err := dial(t.Context(), r, "", net.JoinHostPort(host, strconv.Itoa(port)))
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		})
	}
	all.Wait()
	if n := server.Count(testkit.DNSQuery{Type: "A"}); n != 1 {
		t.Errorf("asked %v", server.Queries())
	}
}

func TestDialFaultPicksTheMostTellingError(t *testing.T) {
	t.Parallel()
	fail := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}
	}
	silent := &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	for _, c := range []struct {
		errs   []error
		id     fault.ID
		detail string
	}{
		{[]error{fail(syscall.ENETUNREACH), silent}, fault.NetworkTimeout, "the connection to api (10.0.0.2:443) timed out"},
		{[]error{fail(syscall.ENETUNREACH), fail(syscall.ETIMEDOUT)}, fault.NetworkTimeout,
			"the connection to api (10.0.0.2:443) timed out"},
		{[]error{silent, fail(syscall.ECONNREFUSED)}, fault.NetworkRefused,
			"the connection to api (10.0.0.2:443) was refused"},
		{[]error{fail(syscall.EHOSTUNREACH), fail(syscall.ENETUNREACH)}, fault.NetworkUnreachable,
			"no route to api ([fd00::1]:443)"},
		{[]error{fail(syscall.EPERM), fail(syscall.EPERM)}, fault.NetworkUnreachable,
			"cannot connect to api ([fd00::1]:443): operation not permitted"},
		{[]error{errors.New("odd"), errors.New("odd")}, fault.NetworkUnreachable, "cannot connect to api ([fd00::1]:443)"},
	} {
		attempts := []Attempt{
			{Address: netip.MustParseAddr("fd00::1"), Err: c.errs[0]},
			{Address: netip.MustParseAddr("10.0.0.2"), Err: c.errs[1]},
		}
		testkit.ExpectFault(t, Unreached("api", "443", attempts), c.id, c.detail)
	}
}

func TestAddressFamiliesTakeTurns(t *testing.T) {
	t.Parallel()
	var addresses []netip.Addr
	for _, text := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2"} {
		addresses = append(addresses, netip.MustParseAddr(text))
	}
	if got := fmt.Sprint(alternate(addresses)); got != "[fd00::1 10.0.0.1 fd00::2 10.0.0.2 10.0.0.3]" {
		t.Errorf("got %s", got)
	}
}
