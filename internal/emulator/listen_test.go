package emulator

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/gateway"
)

func TestAnAddressInUseIsNamedAndNothingStaysOpen(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := netip.MustParseAddrPort(busy.Addr().String())
	free := gateway.Address{Host: "127.0.0.1"}
	list := gateway.Listen{free, {Host: "127.0.0.1", Port: taken.Port()}}
	_, err = listen(t.Context(), list, new(net.ListenConfig).Listen, t.Logf)
	want := "cannot listen on " + busy.Addr().String() + ": bind: address already in use; another program listens " +
		"there: stop it, or set GATEWAY_LISTEN=127.0.0.1:PORT"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestIPv4WildcardDoesNotOpenIPv6(t *testing.T) {
	listeners, err := listen(t.Context(), gateway.Listen{{Host: "0.0.0.0"}}, new(net.ListenConfig).Listen, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	defer listeners[0].Close()
	if got := listeners[0].Addr().String(); !strings.HasPrefix(got, "0.0.0.0:") {
		t.Errorf("listens on %s", got)
	}
}

func TestWithoutIPv6TheGatewayListensOnIPv4(t *testing.T) {
	var asked []string
	withoutIPv6 := func(_ context.Context, network, address string) (net.Listener, error) {
		asked = append(asked, network+" "+address)
		if strings.HasPrefix(address, "[") {
			return nil, &net.OpError{Op: "listen", Err: os.NewSyscallError("socket", syscall.EAFNOSUPPORT)}
		}
		return nil, nil
	}
	var all gateway.Listen
	if err := all.UnmarshalText([]byte("[::]:4566,0.0.0.0:4566,127.0.0.1:443")); err != nil {
		t.Fatal(err)
	}
	_, err := listen(t.Context(), all, withoutIPv6, t.Logf)
	want := []string{"tcp [::]:4566", "tcp4 0.0.0.0:4566", "tcp4 127.0.0.1:443"}
	if err != nil || !slices.Equal(asked, want) {
		t.Errorf("asked for %q, %v", asked, err)
	}
	_, err = listen(t.Context(), gateway.Listen{{Host: "::1", Port: 4566}}, withoutIPv6, t.Logf)
	if err == nil || !strings.HasSuffix(err.Error(), "; this machine does not have the address: use 0.0.0.0") {
		t.Errorf("%v", err)
	}
}

// A container may be unable to open port 443, which nobody has named.
func TestADefaultAddressThatCannotBeOpenedIsOnlyAWarning(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.EACCES, syscall.EADDRINUSE} {
		low := func(_ context.Context, _, address string) (net.Listener, error) {
			if strings.HasSuffix(address, ":443") {
				return nil, &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", cause)}
			}
			return net.Listen("tcp4", "127.0.0.1:0")
		}
		var said []string
		note := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
		opened, err := listen(t.Context(), gateway.Listen(nil).In(true), low, note)
		for _, listener := range opened {
			defer listener.Close()
		}
		if err != nil || len(opened) != 1 || len(said) != 1 || !strings.HasPrefix(said[0],
			"Cannot listen on 0.0.0.0:443, ") ||
			!strings.Contains(said[0], cause.Error()) || strings.Count(said[0], "GATEWAY_LISTEN") != 1 {
			t.Errorf("%v: %d listeners, %v, said %q", cause, len(opened), err, said)
		}
		var named gateway.Listen
		if err := named.UnmarshalText([]byte(":4566,:443")); err != nil {
			t.Fatal(err)
		}
		_, err = listen(t.Context(), named.In(true), low, note)
		if err == nil || len(said) != 1 || !strings.HasPrefix(err.Error(),
			"cannot listen on 0.0.0.0:443: bind: "+cause.Error()) {
			t.Errorf("%v: %v, said %q", cause, err, said)
		}
	}
}

func TestAddressesThatAnotherCoversAreNotOpened(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:1,localhost:1,127.0.0.1:1":              "[127.0.0.1:1 localhost:1]",
		"127.0.0.1:1,0.0.0.0:1,10.0.0.1:1,[::1]:1":         "[0.0.0.0:1 [::1]:1]",
		"127.0.0.1:1,0.0.0.0:1,localhost:1,[::]:1,[::1]:1": "[[::]:1]",
		"0.0.0.0:1,127.0.0.1:2":                            "[0.0.0.0:1 127.0.0.1:2]",
	} {
		var all gateway.Listen
		if err := all.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(reduced(all)); got != want {
			t.Errorf("of %s it opens %s, want %s", text, got, want)
		}
	}
}
