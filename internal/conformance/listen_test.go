package conformance

import (
	"crypto/tls"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// The reference emulator listens where LocalStack does, and on 443 by default as well.
func TestTheEmulatorListensWidelyInAContainer(t *testing.T) {
	t.Parallel()
	const any4566, any443, loopback4566 = anyIPv4 + ":11D6", anyIPv4 + ":01BB", "0100007F:11D6"
	tests := []struct {
		name, value string
		arrange     func(*container)
		sockets     []string // nil where the start fails
		says        string
	}{
		{"by default", "", nil, []string{any443, any4566}, "Listening on 0.0.0.0:443"},
		{"as the localstack CLI says", ":4566,127.0.0.1:443", nil, []string{any443, any4566}, ""},
		{"as lstk says", ":4566,:443", nil, []string{any443, any4566}, ""},
		{"on one address", "127.0.0.1:4566", nil, []string{any4566}, ""},
		{"on IPv6", "[::]:4566", nil, []string{anyIPv6 + ":11D6"}, ""},
		{"on an address of IPv6", "[::1]:4566", nil, []string{anyIPv6 + ":11D6"}, ""},
		{"on IPv6 where it is off", "[::]:4566", withoutIPv6, []string{anyIPv6 + ":11D6"}, ""},
		{"first on 443", ":443,:4566", nil, []string{any443, any4566}, ""},
		{"outside, by default", "", outside, []string{loopback4566}, ""},
		{"outside, on one address", "127.0.0.1:4566", outside, []string{loopback4566}, ""},
		{"outside, on all", "0.0.0.0:4566", outside, []string{any4566}, ""},
		{"without permission for 443", "", lowPortsForRoot, []string{any4566},
			"Cannot listen on 0.0.0.0:443, one of the default addresses: bind: permission denied (ports below 1024 need root"},
		{"443 in use", "", taken443, []string{anyIPv6 + ":01BB", any4566},
			"Cannot listen on 0.0.0.0:443, one of the default addresses: bind: address already in use"},
		{"without permission for a 443 that is named", ":4566,:443", lowPortsForRoot, nil,
			"cannot listen on 0.0.0.0:443: bind: permission denied"},
		{"a 443 that is named in use", ":443", taken443, nil,
			"cannot listen on 0.0.0.0:443: bind: address already in use"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newContainer(t)
			c.command = []string{"docker-entrypoint.sh", "emulator"}
			c.set("ACTIVATE_PRO", "0")
			c.set("GATEWAY_LISTEN", test.value)
			c.put(".dockerenv", 0o644, "")
			c.as(1000, 1000)
			if test.arrange != nil {
				test.arrange(c)
			}
			p := c.start()
			if test.sockets == nil {
				p.ends(1)
				p.await(test.says)
				return
			}
			p.await("Ready.")
			p.await(test.says)
			listening := p.run("sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" { print $2 }' | sort")
			if got := strings.Fields(listening); !slices.Equal(got, test.sockets) {
				t.Errorf("listens on %q, want %q", got, test.sockets)
			}
			p.run("entrypoint", "healthcheck")
			if doctor := p.run("entrypoint", "doctor"); !strings.Contains(doctor, " gateway ") {
				t.Errorf("the doctor does not say where the gateway listens:\n%s", doctor)
			}
		})
	}
}

func outside(c *container) { c.set("OVERRIDE_IN_DOCKER", "0") }

func taken443(c *container) { c.listen(c.T, "[::]:443") }

func lowPortsForRoot(c *container) { c.setKernel("net/ipv4/ip_unprivileged_port_start", "1024") }

func withoutIPv6(c *container) { c.setKernel("net/ipv6/conf/all/disable_ipv6", "1") }

// setKernel sets a parameter of the kernel for the container's network.
func (c *container) setKernel(name, value string) {
	c.Helper()
	err := c.Inside(func() error { return os.WriteFile("/proc/sys/"+name, []byte(value), 0) })
	if err != nil {
		c.Fatal(err)
	}
}

func TestPort443TakesHTTPSAndHTTP(t *testing.T) {
	t.Parallel()
	p := startWithSecret(t, map[string]string{"GATEWAY_LISTEN": ""})
	client := p.client()
	// The emulator makes its certificate itself.
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	for _, address := range []string{
		"https://127.0.0.1", "http://127.0.0.1:443", "https://127.0.0.1:4566", "http://127.0.0.1:4566",
	} {
		response, err := client.Get(address + "/_localstack/health")
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", address, response.Status)
		}
	}
}
