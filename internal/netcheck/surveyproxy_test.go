package netcheck

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/testkit"
)

// beside is a folder where the license host has no name server to be found by,
// but the proxy's name, and where the system trusts bundle.
func beside(t *testing.T, bundle string) string {
	t.Helper()
	root := testkit.Root(t, testkit.DNS(t, testkit.Zone{"proxy.corp.test": {IP: []string{"127.0.0.1"}}, ".": {}}))
	testkit.Put(t, root, systemBundle, bundle)
	return root
}

// viaName is a setting with a proxy at this port under its name, and credentials.
func viaName(t *testing.T, scheme string, address net.Addr) config.Network {
	t.Helper()
	return config.Network{HTTPSProxy: proxyURL(t, fmt.Sprintf("%s://user:%s@proxy.corp.test:%d", scheme, secret, address.(*net.TCPAddr).Port))}
}

func TestSurveyThroughProxiesOfEachKind(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "System CA")
	server := newLicensing(t, serving(a.issue(t, host, lasting)), refusal)
	to, root := server.Listener.Addr(), beside(t, a.pem)
	plain := newForwarder(t, to, nil)
	byName := newForwarder(t, to, nil, a.issue(t, "proxy.corp.test", nil))
	byAddress := newForwarder(t, to, nil, a.issue(t, "127.0.0.1", atLoopback))
	const named, numbered = allWell, "names skipped, connection passed, proxy passed, tls passed, server passed, clock passed"
	for name, c := range map[string]struct {
		cfg  config.Network
		want string
	}{
		"http":                {viaName(t, "http", plain.Listener.Addr()), strings.Replace(named, "proxy skipped", "proxy passed", 1)},
		"https":               {viaName(t, "https", byName.Listener.Addr()), strings.Replace(named, "proxy skipped", "proxy passed", 1)},
		"socks5":              {viaName(t, "socks5", newSOCKS(t, to, 0)), strings.Replace(named, "proxy skipped", "proxy passed", 1)},
		"http, an address":    {through(t, "http", plain.Listener.Addr()), numbered},
		"https, an address":   {through(t, "https", byAddress.Listener.Addr()), numbered},
		"socks5, an address":  {through(t, "socks5", newSOCKS(t, to, 0)), numbered},
		"the outbound's wins": {config.Network{OutboundHTTPS: proxyURL(t, plain.URL), HTTPSProxy: proxyURL(t, "http://127.0.0.1:1")}, numbered},
	} {
		t.Run(name, func(t *testing.T) {
			checks := expectWay(t, target, c.cfg, root, c.want)
			if want := c.cfg.HTTPSProxy.String(); len(checks) > 2 && c.cfg.OutboundHTTPS.String() == "" && !strings.HasSuffix(checks[2].Fact, " connects to "+host) {
				t.Errorf("%s: %s", want, checks[2].Fact)
			}
		})
	}
	for _, sent := range server.Sent() {
		mustNotContain(t, sent, "Authorization")
	}
}

func atLoopback(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} }

func TestSurveyTellsNoPasswordToAProxyThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	stranger := newAuthority(t, "Stranger")
	server := newLicensing(t, nil, refusal)
	for name, scheme := range map[string]string{"an https target": "https", "an http target": "http"} {
		t.Run(name, func(t *testing.T) {
			proxy := newForwarder(t, server.Listener.Addr(), nil, stranger.issue(t, "127.0.0.1", atLoopback))
			cfg := through(t, "https", proxy.Listener.Addr())
			cfg.HTTPProxy = cfg.HTTPSProxy
			expectWay(t, scheme+"://"+host, cfg, beside(t, ""), "names skipped, connection passed, proxy failed (network.proxy.unreachable)")
			if seen := proxy.Seen(); len(seen) > 0 {
				t.Errorf("the proxy was asked %q", seen)
			}
		})
	}
}

func TestSurveyWithoutVerificationTrustsTheProxyLikeAStart(t *testing.T) {
	t.Parallel()
	stranger := newAuthority(t, "Stranger")
	server := newLicensing(t, serving(stranger.issue(t, host, nil)), refusal)
	proxy := newForwarder(t, server.Listener.Addr(), nil, stranger.issue(t, "127.0.0.1", atLoopback))
	cfg := through(t, "https", proxy.Listener.Addr())
	cfg.NoVerify = true
	checks := expectWay(t, target, cfg, beside(t, ""), "names skipped, connection passed, proxy passed, tls skipped, server passed, clock passed")
	if want := "(the certificate of " + host; !strings.Contains(checks[3].Fact, want) {
		t.Errorf("whose certificate is it? %s", checks[3].Fact)
	}
}

func TestSurveyOfProxiesThatAreNoWay(t *testing.T) {
	t.Parallel()
	asks := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", "Negotiate")
		w.WriteHeader(http.StatusProxyAuthRequired)
	}
	forbids := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(titled("Blocked")))
	}
	root := beside(t, "")
	_, closed := refuse(t, "127.0.0.1", 0)
	both := func(cfg config.Network) config.Network {
		cfg.HTTPProxy = cfg.HTTPSProxy
		return cfg
	}
	const reached = "names passed, connection passed, "
	for name, c := range map[string]struct {
		target string
		cfg    config.Network
		want   string
	}{
		"asks for a password":               {target, viaName(t, "http", newForwarder(t, nil, asks).Listener.Addr()), reached + "proxy failed (network.proxy.authentication)"},
		"asks for a password, http target":  {"http://" + host, both(viaName(t, "http", newForwarder(t, nil, asks).Listener.Addr())), reached + "proxy failed (network.proxy.authentication)"},
		"does not let us through":           {target, viaName(t, "http", newForwarder(t, nil, forbids).Listener.Addr()), reached + "proxy failed (network.proxy)"},
		"has a block page, for http target": {"http://" + host, both(viaName(t, "http", newForwarder(t, nil, forbids).Listener.Addr())), reached + "proxy passed, tls skipped, server failed (network.block_page), clock passed"},
		"SOCKS finds no way":                {target, viaName(t, "socks5", newSOCKS(t, nil, 4)), reached + "proxy failed (network.proxy)"},
		"hangs up":                          {target, viaName(t, "http", speak(t, "")), reached + "proxy failed (network.proxy)"},
		"does not speak TLS":                {target, viaName(t, "https", speak(t, "hello")), reached + "proxy failed (network.proxy.unreachable)"},
		"is not there":                      {target, viaName(t, "http", &net.TCPAddr{Port: closed}), "names passed, connection failed (network.proxy.unreachable)"},
		"has no address":                    {target, config.Network{HTTPSProxy: proxyURL(t, "http://user:"+secret+"@absent.corp.test:3128")}, "names failed (network.dns)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectWay(t, c.target, c.cfg, root, c.want)
		})
	}
}

func TestSurveyFindsThatNoProxyKeepsUsFromTheOnlyWay(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "System CA")
	server := newLicensing(t, serving(a.issue(t, host, lasting)), refusal)
	_, closed := refuse(t, "127.0.0.1", 0)
	blocking := newForwarder(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	cfg := through(t, "http", newForwarder(t, server.Listener.Addr(), nil).Listener.Addr())
	cfg.NoProxy = "10.0.0.0/8, .localstack.test,other.test"
	useless := through(t, "http", blocking.Listener.Addr())
	useless.NoProxy = cfg.NoProxy
	unrelated := cfg
	unrelated.NoProxy = "other.test"
	useless.HTTPProxy = useless.HTTPSProxy
	refused, plain := fmt.Sprintf("https://%s:%d", host, closed), fmt.Sprintf("http://%s:%d", host, closed)
	for name, c := range map[string]struct {
		target, root, want string
		cfg                config.Network
	}{
		"no address":               {target, beside(t, a.pem), "names failed (network.dns), connection skipped, proxy failed (network.proxy.bypassed)", cfg},
		"refused":                  {refused, rooted(t, a.pem), "names passed, connection failed (network.refused), proxy failed (network.proxy.bypassed)", cfg},
		"the proxy is none":        {refused, rooted(t, a.pem), "names passed, connection failed (network.refused), proxy skipped", useless},
		"the proxy's page is none": {plain, rooted(t, a.pem), "names passed, connection failed (network.refused), proxy skipped", useless},
		"the way is good":          {at("https", server.Listener.Addr()), rooted(t, a.pem), allWell, cfg},
		"no entry matches":         {target, beside(t, a.pem), "names skipped, connection passed, proxy passed, tls passed, server passed, clock passed", unrelated},
		"there is no proxy":        {refused, rooted(t, a.pem), "names passed, connection failed (network.refused)", config.Network{NoProxy: "*"}},
		"everything is matched":    {refused, rooted(t, a.pem), "names passed, connection failed (network.refused), proxy failed (network.proxy.bypassed)", config.Network{HTTPSProxy: cfg.HTTPSProxy, NoProxy: "*"}},
	} {
		t.Run(name, func(t *testing.T) {
			checks := expectWay(t, c.target, c.cfg, c.root, c.want)
			if name == "refused" && !strings.HasPrefix(checks[2].Fact, `the entry ".localstack.test" of NO_PROXY matches `+host+", and without the proxy http://127.0.0.1:") {
				t.Error(checks[2].Fact)
			}
		})
	}
}
