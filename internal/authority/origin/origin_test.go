package origin

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// arriving is a request from peer.
func arriving(peer string, header map[string][]string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.RemoteAddr, r.Host = peer, "licenses.example.org"
	for name, values := range header {
		r.Header[name] = values
	}
	return r
}

// xff is a header X-Forwarded-For.
func xff(values ...string) map[string][]string { return map[string][]string{"X-Forwarded-For": values} }

// of is the origin that a handler gets to know.
func (s Settings) of(r *http.Request) Origin {
	ctx, _ := s.With(r.Context(), r)
	return Of(r.WithContext(ctx))
}

func behind(t testing.TB, networks ...string) Settings {
	t.Helper()
	var s Settings
	for _, network := range networks {
		if err := s.Proxies.Set(network); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestOnlyATrustedProxySaysWhoAsks(t *testing.T) {
	t.Parallel()
	const proxy, stranger = "10.0.0.1:999", "203.0.113.9:999"
	many := strings.Repeat("10.0.0.2, ", 1000)
	for name, test := range map[string]struct {
		peer    string
		header  map[string][]string
		address string
		scheme  string
	}{
		"a stranger says nothing": {stranger, map[string][]string{
			"X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"}, "Forwarded": {"for=192.0.2.1;proto=https"},
		}, "203.0.113.9", "http"},
		"no header":             {proxy, nil, "10.0.0.1", "http"},
		"one client":            {proxy, xff("192.0.2.1"), "192.0.2.1", "http"},
		"what the client wrote": {proxy, xff("127.0.0.1, 192.0.2.1"), "192.0.2.1", "http"},
		"two proxies":           {proxy, xff("6.6.6.6, 192.0.2.1,10.9.9.9"), "192.0.2.1", "http"},
		"two headers":           {proxy, xff("6.6.6.6", "192.0.2.1", "10.9.9.9"), "192.0.2.1", "http"},
		"only proxies":          {proxy, xff("10.0.0.3, 10.0.0.2"), "10.0.0.3", "http"},
		"junk ends it":          {proxy, xff("192.0.2.1, unknown, 10.0.0.2"), "10.0.0.2", "http"},
		"only junk":             {proxy, xff("<script>"), "10.0.0.1", "http"},
		"empty":                 {proxy, xff(""), "10.0.0.1", "http"},
		"with a port":           {proxy, xff("192.0.2.1:4711"), "192.0.2.1", "http"},
		"IPv6":                  {proxy, xff("2001:db8::1"), "2001:db8::1", "http"},
		"IPv6 with a port":      {proxy, xff("[2001:db8::1]:4711"), "2001:db8::1", "http"},
		"IPv6 in brackets":      {proxy, xff("[2001:db8::1]"), "2001:db8::1", "http"},
		"mapped":                {proxy, xff("::ffff:192.0.2.1"), "192.0.2.1", "http"},
		"with a zone":           {proxy, xff("fe80::1%eth0"), "fe80::1", "http"},
		"a proxy by mapped IPv6": {"[::ffff:10.0.0.1]:999", xff("192.0.2.1"),
			"192.0.2.1", "http"},
		"a proxy by IPv6": {"[fd00::7]:999", xff("192.0.2.1"), "192.0.2.1", "http"},
		"too many hops":   {proxy, xff("192.0.2.1, " + many + "10.0.0.2"), "10.0.0.2", "http"},
		"https":           {proxy, map[string][]string{"X-Forwarded-Proto": {"HTTPS"}}, "10.0.0.1", "https"},
		"the nearest scheme": {proxy, map[string][]string{"X-Forwarded-Proto": {"https, http"}},
			"10.0.0.1", "http"},
		"junk as scheme": {proxy, map[string][]string{"X-Forwarded-Proto": {"javascript"}}, "10.0.0.1", "http"},
		"Forwarded": {proxy, map[string][]string{"Forwarded": {`for=192.0.2.43;by=203.0.113.60;PROTO=https`}},
			"192.0.2.43", "https"},
		"Forwarded with IPv6": {proxy, map[string][]string{
			"Forwarded": {`for=6.6.6.6, For="[2001:db8::1]:4711"; Proto=https`},
		}, "2001:db8::1", "https"},
		"Forwarded for nobody": {proxy, map[string][]string{"Forwarded": {`for=_hidden;proto=http`}}, "10.0.0.1", "http"},
		"Forwarded, which a client wrote": {proxy, map[string][]string{
			"Forwarded": {"for=6.6.6.6;proto=https"}, "X-Forwarded-For": {"192.0.2.1"},
		}, "192.0.2.1", "http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := behind(t, "10.0.0.0/8,fd00::/8").of(arriving(test.peer, test.header))
			if got.Address.String() != test.address || got.Scheme != test.scheme || got.Secure != (test.scheme == "https") {
				t.Errorf("got %+v, want %s, %s", got, test.address, test.scheme)
			}
		})
	}
}

// TestALongHeaderTakesNoTime is not parallel, because it counts allocations.
func TestALongHeaderTakesNoTime(t *testing.T) {
	r := arriving("10.0.0.1:1", map[string][]string{
		"X-Forwarded-For": {strings.Repeat(",", 1<<20)}, "X-Forwarded-Proto": {strings.Repeat("https,", 1<<20)},
	})
	s := behind(t, "10.0.0.0/8")
	if allocated := testing.AllocsPerRun(10, func() { s.find(r) }); allocated > 20 {
		t.Errorf("it takes %v allocations", allocated)
	}
}

func TestWhatIsSecure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		peer, public, host string
		header             map[string][]string
		tls                bool
		secure, local      bool
	}{
		"TLS":                       {peer: "203.0.113.9:1", tls: true, secure: true},
		"plain":                     {peer: "203.0.113.9:1"},
		"loopback":                  {peer: "127.0.0.1:1", secure: true, local: true},
		"loopback, IPv6":            {peer: "[::1]:1", secure: true, local: true},
		"a proxy that nobody named": {peer: "127.0.0.1:1", header: xff("203.0.113.9")},
		"another one":               {peer: "127.0.0.1:1", header: map[string][]string{"Via": {"1.1 proxy"}}},
		"an unnamed proxy with TLS": {peer: "203.0.113.9:1", header: map[string][]string{"X-Forwarded-Proto": {"https"}}},
		"a trusted proxy with TLS": {peer: "10.0.0.1:1", secure: true,
			header: map[string][]string{"X-Forwarded-Proto": {"https"}}},
		"a trusted proxy without": {peer: "10.0.0.1:1"},
		"a trusted proxy on this machine": {peer: "127.0.0.9:1",
			header: map[string][]string{"X-Forwarded-Proto": {"http"}, "X-Forwarded-For": {"203.0.113.9"}}},
		"somebody beside the proxy on this machine": {peer: "127.0.0.9:1", secure: true, local: true},
		"a client that says it is here": {peer: "10.0.0.1:1",
			header: xff("127.0.0.1")},
		"a published port": {peer: "172.17.0.1:1", public: "http://localhost:8080", host: "localhost:8080",
			secure: true},
		"a published port, by another name": {peer: "172.17.0.1:1", public: "http://127.0.0.1:8080", host: "LocalHost:8080",
			secure: true},
		"another port": {peer: "172.17.0.1:1", public: "http://127.0.0.1:8080", host: "127.0.0.1:8081"},
		"a name that only begins so": {peer: "172.17.0.1:1", public: "http://127.0.0.1:8080",
			host: "localhost.evil.example:8080"},
		"a published port, not by name": {peer: "172.17.0.1:1", public: "http://localhost:8080", host: "192.0.2.7:8080"},
		"no published port":             {peer: "172.17.0.1:1", host: "localhost:8080"},
		"a public URL elsewhere":        {peer: "172.17.0.1:1", public: "http://a.example", host: "a.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := behind(t, "10.0.0.0/8", "127.0.0.9")
			if test.public != "" {
				var err error
				if s.Public, err = ParsePublic(test.public); err != nil {
					t.Fatal(err)
				}
			}
			r := arriving(test.peer, test.header)
			if test.host != "" {
				r.Host = test.host
			}
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			if got := s.of(r); got.Secure != test.secure || got.Local != test.local {
				t.Errorf("got %+v, want secure %t, local %t", got, test.secure, test.local)
			}
		})
	}
}

func TestAHostOfSomebodyElseGetsIntoNoLink(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"localhost":               "http://localhost",
		"LocalHost:8080":          "http://localhost:8080",
		"127.0.0.1:8080":          "http://127.0.0.1:8080",
		"[::1]:8080":              "http://[::1]:8080",
		"[::1]":                   "http://[::1]",
		"evil.example":            "http://192.0.2.7:8080",
		"evil.example:80":         "http://192.0.2.7:8080",
		"localhost.evil.example":  "http://192.0.2.7:8080",
		"127.0.0.1.evil.example":  "http://192.0.2.7:8080",
		"6.6.6.6":                 "http://192.0.2.7:8080",
		"localhost:8080/<script>": "http://192.0.2.7:8080",
		"localhost:1@evil":        "http://192.0.2.7:8080",
		"":                        "http://192.0.2.7:8080",
		"::1%evil":                "http://192.0.2.7:8080",
	} {
		r := arriving("203.0.113.9:1", nil)
		r.Host = host
		local := &net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 8080}
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(local)))
		if got := Of(r).Base; got != want {
			t.Errorf("with Host %q it is at %s, want %s", host, got, want)
		}
		s := Settings{Public: mustParse(t, "https://licenses.example.org:8443/")}
		if got := s.of(r).Base; got != "https://licenses.example.org:8443" {
			t.Errorf("with Host %q and a public URL it is at %s", host, got)
		}
	}
}

func TestAHostOfOurCertificateIsOurs(t *testing.T) {
	t.Parallel()
	s := Settings{IsOurs: func(host string) bool { return host == "licenses.example.org" }}
	for host, want := range map[string]string{
		"licenses.example.org:8443": "https://licenses.example.org:8443",
		"evil.example":              "https://localhost",
		"licenses.example.org:x":    "https://localhost",
	} {
		r := arriving("203.0.113.9:1", nil)
		r.Host, r.TLS = host, &tls.ConnectionState{}
		if got := s.of(r).Base; got != want {
			t.Errorf("with Host %q it is at %s, want %s", host, got, want)
		}
		r.TLS = nil
		if got := s.of(r).Base; got != "http://localhost" {
			t.Errorf("with Host %q and without TLS it is at %s", host, got)
		}
	}
}

func mustParse(t testing.TB, text string) (parsed *url.URL) {
	t.Helper()
	parsed, err := ParsePublic(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestPublicURLsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "licenses.example.org", "//licenses.example.org", "ftp://a.example", "https://", "https:///x", "https://:80",
		"https://a.example/path", "https://a.example?q=1", "https://a.example?", "https://a.example#f",
		"https://user:pass@a.example", "https:a.example", "https://a.example:", "https://a b", "javascript:alert(1)",
		"https://a.example:port", `http://a"b`, "http://a'b", "http://<b>", "http://[fe80::1%25eth0]",
		"https://bücher.example",
	} {
		if got, err := ParsePublic(text); err == nil {
			t.Errorf("%q is accepted as %s", text, got)
		} else if strings.Contains(err.Error(), "pass") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestNetworksAreReadAndWritten(t *testing.T) {
	t.Parallel()
	var n Networks
	for _, text := range []string{"10.0.0.0/8, 192.0.2.1", "fd00::/8", "::1"} {
		if err := n.Set(text); err != nil {
			t.Error(err)
		}
	}
	if got := n.String(); got != "10.0.0.0/8,192.0.2.1/32,fd00::/8,::1/128" {
		t.Errorf("got %s", got)
	}
	for _, text := range []string{
		"", "10.0.0.0/33", "10.0.0.1/8", "proxy", "10.0.0.0/8,", "::ffff:10.0.0.0/104", "fe80::1%eth0",
	} {
		before := len(n)
		if err := n.Set(text); err == nil || len(n) != before {
			t.Errorf("%q is accepted, %v", text, n)
		}
	}
	if n.Contain(netip.Addr{}) {
		t.Error("no address is in a network")
	}
}
