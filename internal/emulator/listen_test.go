package emulator

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
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
	_, err = listen(t.Context(), list)
	want := "cannot listen on " + busy.Addr().String() + ": "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v, want %s...", err, want)
	}
}

func TestIPv4WildcardDoesNotOpenIPv6(t *testing.T) {
	listeners, err := listen(t.Context(), gateway.Listen{{Host: "0.0.0.0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer listeners[0].Close()
	if got := listeners[0].Addr().String(); !strings.HasPrefix(got, "0.0.0.0:") {
		t.Errorf("listens on %s", got)
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
