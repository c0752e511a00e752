package conformance

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// network is a network namespace that has a loopback device, and nothing else.
type network struct{ namespace *os.File }

func newNetwork(t *testing.T) network {
	t.Helper()
	var made *os.File
	err := onThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if err = exec.Command("ip", "link", "set", "lo", "up").Run(); err != nil {
			return err
		}
		// As container engines do: every user may listen on 443.
		if err = os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0); err != nil {
			return err
		}
		made, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		t.Fatalf("cannot make a network namespace: %v", err)
	}
	t.Cleanup(func() { made.Close() })
	return network{made}
}

// onThread runs f on a thread that may change its namespace, and brings the thread back to where it was.
func onThread(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	err = f()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return back // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

// inside runs f in the network: sockets that it makes and processes that it starts stay there.
func (n network) inside(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(n.namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// listen listens on an address in the network, such as "127.0.0.1:0".
func (n network) listen(t *testing.T, address string) (listener net.Listener) {
	t.Helper()
	err := n.inside(func() (err error) {
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
		err = n.inside(func() (err error) {
			conn, err = new(net.Dialer).DialContext(ctx, kind, address)
			return err
		})
		return conn, err
	}
	return &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}
