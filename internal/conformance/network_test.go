package conformance

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"localstack-entrypoint/internal/testkit/netns"
)

// network is a network namespace that has a loopback device, and nothing else.
type network struct{ netns.Namespace }

func newNetwork(t *testing.T) network {
	t.Helper()
	n := network{netns.New(t)}
	err := n.Inside(func() error {
		if err := exec.Command("ip", "link", "set", "lo", "up").Run(); err != nil {
			return err
		}
		// As container engines do: every user may listen on 443.
		return os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listen listens on an address in the network, such as "127.0.0.1:0".
func (n network) listen(t *testing.T, address string) (listener net.Listener) {
	t.Helper()
	err := n.Inside(func() (err error) {
		listener, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// client is an HTTP client in the network. Each request has a connection of its own.
func (n network) client() *http.Client {
	dial := func(ctx context.Context, kind, address string) (conn net.Conn, err error) {
		err = n.Inside(func() (err error) {
			conn, err = new(net.Dialer).DialContext(ctx, kind, address)
			return err
		})
		return conn, err
	}
	return &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}
