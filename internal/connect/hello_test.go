package connect

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// helloSizes are the bytes on the wire of the ClientHellos to a host, the usual one and the small one.
func helloSizes(t *testing.T, name string) (large, small int) {
	t.Helper()
	for _, size := range []*int{&large, &small} {
		transport, _ := NewTransport(&url.URL{Scheme: "https", Host: name}, Settings{}, nil)
		transport.server.isSmall.Store(size == &small)
		ours, theirs := net.Pipe()
		defer ours.Close()
		heard := make(chan []byte, 1)
		go func() {
			buffer := make([]byte, 64<<10)
			n, _ := theirs.Read(buffer)
			theirs.Close()
			heard <- buffer[:n]
		}()
		first := true
		_, _ = transport.shake(t.Context(), &transport.server, transport.target, func(context.Context) (net.Conn, error) {
			if !first {
				return nil, syscall.ECONNREFUSED
			}
			first = false
			return ours, nil
		})
		hello := <-heard
		if !bytes.Contains(hello, []byte(name)) || !bytes.Contains(hello, []byte("http/1.1")) {
			t.Errorf("the ClientHello lacks the server's name or ALPN: %q", hello)
		}
		*size = len(hello)
	}
	return large, small
}

func TestTheSmallHelloIsSmall(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat(strings.Repeat("x", 62)+".", 4) + "x"
	for _, name := range []string{"api.localstack.cloud", longest} {
		large, small := helloSizes(t, name)
		t.Logf("to a host whose name has %d characters: %d bytes, small %d bytes", len(name), large, small)
		if large < 1200 || small >= 600 {
			t.Errorf("to a host whose name has %d characters: %d bytes, small %d bytes", len(name), large, small)
		}
	}
}

func TestTheSmallHelloIsSmallInFIPSMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"on", "only"} {
		again := exec.Command(os.Args[0], "-test.v",
			"-test.run=^(TestTheSmallHelloIsSmall|TestMiddleboxesThatMishandleALargeHello)$")
		again.Env = append(os.Environ(), "GODEBUG=fips140="+mode)
		out, err := again.CombinedOutput()
		if t.Logf("fips140=%s:\n%s", mode, out); err != nil {
			t.Errorf("fips140=%s: %v\n%s", mode, err, out)
		}
	}
}
