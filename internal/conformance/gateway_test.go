package conformance

import (
	"slices"
	"strings"
	"testing"
)

// A container's GATEWAY_LISTEN is read alike by the runtime, which listens there on every address of the
// family, by our healthcheck and by our doctor.
func TestGatewayListenMeansTheSameToTheRuntimeAndToUs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		// sockets are those that listen: address and port, in hexadecimal digits.
		sockets []string
	}{
		{":4566", []string{anyIPv4 + ":11D6"}},
		{"0.0.0.0:4566", []string{anyIPv4 + ":11D6"}},
		{"127.0.0.1:4566", []string{anyIPv4 + ":11D6"}},
		{":4566,127.0.0.1:443", []string{anyIPv4 + ":01BB", anyIPv4 + ":11D6"}},
		{"[::]:4566", []string{anyIPv6 + ":11D6"}},
		{"0.0.0.0:4566,[::]:4566", []string{anyIPv6 + ":11D6"}},
		{":443", []string{anyIPv4 + ":01BB"}},
		{"", []string{anyIPv4 + ":11D6"}},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			c := newContainer(t, pythonOfRuntime)
			c.set("ACTIVATE_PRO", "0") // no authority, whose socket would be among them
			c.set("GATEWAY_LISTEN", test.value)
			c.as(1000, 1000)
			p := c.start()
			p.await("Ready.")
			listening := p.run("sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" { print $2 }' | sort")
			if got := strings.Fields(listening); !slices.Equal(got, test.sockets) {
				t.Errorf("the runtime listens on %q, want %q", got, test.sockets)
			}
			for _, command := range []string{"healthcheck", "doctor"} {
				if stdout, stderr, code := p.exec("entrypoint", command); code != 0 {
					t.Errorf("%s: exit code %d\n%s%s", command, code, stdout, stderr)
				}
			}
			elsewhere := []string{"env", "GATEWAY_LISTEN=:4570", "entrypoint", "healthcheck"}
			if stdout, _, code := p.exec(elsewhere...); code != 1 {
				t.Errorf("%q: exit code %d\n%s", elsewhere, code, stdout)
			}
			p.stop()
			p.ends(0)
		})
	}
}

// What /proc/net/tcp and tcp6 have for every address.
const (
	anyIPv4 = "00000000"
	anyIPv6 = "00000000000000000000000000000000"
)
