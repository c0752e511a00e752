package survey

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/proxy"
	"localstack-entrypoint/internal/testkit"
)

// beside is a folder where the license host has no name server to be found by,
// but the proxy's name, and where the system trusts bundle.
func beside(t *testing.T, bundle string) string {
	t.Helper()
	root := testkit.Root(t, testkit.DNS(t, testkit.Zone{"proxy.corp.test": {IP: []string{"127.0.0.1"}}, ".": {}}))
	testkit.Put(t, root, testkit.SystemBundle, bundle)
	return root
}

const (
	// secret is the password in proxy URLs; it must not appear anywhere.
	secret = "s3cr3t"
	// target is a licensing server that only a proxy can find.
	target = "https://" + host
)

// proxyURL is a proxy setting.
func proxyURL(text string) proxy.Setting {
	return proxy.Setting{Secret: credential.NewSecret(text), Variable: "https_proxy"}
}

// through is a setting that reaches https targets through a proxy, with credentials.
func through(scheme string, address net.Addr) connect.Settings {
	return connect.Settings{HTTPSProxy: proxyURL(fmt.Sprintf("%s://user:%s@%s", scheme, secret, address))}
}

// viaName is a setting with a proxy at this port under its name, and credentials.
func viaName(scheme string, address net.Addr) connect.Settings {
	return connect.Settings{HTTPSProxy: proxyURL(fmt.Sprintf("%s://user:%s@proxy.corp.test:%d", scheme, secret,
		address.(*net.TCPAddr).Port))}
}

func TestSurveyThroughProxiesOfEachKind(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := newLicensing(t, serving(a.Issue(t, host, lasting)), refusal)
	to, root := server.Listener.Addr(), beside(t, a.PEM)
	plain := testkit.NewForwarder(t, to, nil)
	byName := testkit.NewForwarder(t, to, nil, a.Issue(t, "proxy.corp.test", nil))
	byAddress := testkit.NewForwarder(t, to, nil, a.Issue(t, "127.0.0.1", atLoopback))
	const named, numbered = allWell,
		"names skipped, connection passed, proxy passed, tls passed, server passed, clock passed"
	for name, c := range map[string]struct {
		cfg  connect.Settings
		want string
	}{
		"http": {viaName("http", plain.Listener.Addr()),
			strings.Replace(named, "proxy skipped", "proxy passed", 1)},
		"https": {viaName("https", byName.Listener.Addr()),
			strings.Replace(named, "proxy skipped", "proxy passed", 1)},
		"socks5": {viaName("socks5", testkit.NewSOCKS(t, to, 0)),
			strings.Replace(named, "proxy skipped", "proxy passed", 1)},
		"http, an address":   {through("http", plain.Listener.Addr()), numbered},
		"https, an address":  {through("https", byAddress.Listener.Addr()), numbered},
		"socks5, an address": {through("socks5", testkit.NewSOCKS(t, to, 0)), numbered},
	} {
		t.Run(name, func(t *testing.T) {
			checks := expectWay(t, target, c.cfg, root, c.want)
			if len(checks) > 2 && !strings.HasSuffix(checks[2].Fact, " (https_proxy) connects to "+host) {
				t.Error(checks[2].Fact)
			}
		})
	}
	for _, sent := range server.Sent() {
		testkit.MustNotContain(t, sent, "Authorization")
	}
}

func atLoopback(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} }

func TestSurveyTellsNoPasswordToAProxyThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	stranger := testkit.NewAuthority(t, "Stranger")
	server := newLicensing(t, nil, refusal)
	for name, scheme := range map[string]string{"an https target": "https", "an http target": "http"} {
		t.Run(name, func(t *testing.T) {
			proxy := testkit.NewForwarder(t, server.Listener.Addr(), nil, stranger.Issue(t, "127.0.0.1", atLoopback))
			cfg := through("https", proxy.Listener.Addr())
			cfg.HTTPProxy = cfg.HTTPSProxy
			expectWay(t, scheme+"://"+host, cfg, beside(t, ""),
				"names skipped, connection passed, proxy failed (network.proxy.tls)")
			if seen := proxy.Seen(); len(seen) > 0 {
				t.Errorf("the proxy was asked %q", seen)
			}
		})
	}
}

func TestSurveyWithoutVerificationTrustsTheProxyLikeAStart(t *testing.T) {
	t.Parallel()
	stranger := testkit.NewAuthority(t, "Stranger")
	server := newLicensing(t, serving(stranger.Issue(t, host, nil)), refusal)
	proxy := testkit.NewForwarder(t, server.Listener.Addr(), nil, stranger.Issue(t, "127.0.0.1", atLoopback))
	cfg := through("https", proxy.Listener.Addr())
	cfg.NoVerify = true
	checks := expectWay(t, target, cfg, beside(t, ""),
		"names skipped, connection passed, proxy passed, tls skipped, server passed, clock passed")
	if want := "(the certificate of " + host; !strings.Contains(checks[3].Fact, want) {
		t.Errorf("whose certificate is it? %s", checks[3].Fact)
	}
}

func TestSurveyOfProxiesThatAreNoWay(t *testing.T) {
	t.Parallel()
	asks := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", `Negotiate, Basic realm="corp"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	}
	forbids := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(titled("Blocked")))
	}
	root := beside(t, "")
	_, closed := testkit.Refuse(t, "127.0.0.1", 0)
	both := func(cfg connect.Settings) connect.Settings {
		cfg.HTTPProxy = cfg.HTTPSProxy
		return cfg
	}
	const reached = "names passed, connection passed, "
	for name, c := range map[string]struct {
		target string
		cfg    connect.Settings
		want   string
	}{
		"asks for a password": {target, viaName("http", testkit.NewForwarder(t, nil, asks).Listener.Addr()),
			reached + "proxy failed (network.proxy.authentication)"},
		"asks for a password, http target": {"http://" + host,
			both(viaName("http", testkit.NewForwarder(t, nil, asks).Listener.Addr())), reached +
				"proxy failed (network.proxy.authentication)"},
		"does not let us through": {target, viaName("http", testkit.NewForwarder(t, nil, forbids).Listener.Addr()),
			reached + "proxy failed (network.proxy)"},
		"has a block page, for http target": {"http://" + host,
			both(viaName("http", testkit.NewForwarder(t, nil, forbids).Listener.Addr())), reached +
				"proxy passed, tls skipped, server failed (network.block_page), clock passed"},
		"SOCKS finds no way": {target, viaName("socks5", testkit.NewSOCKS(t, nil, 4)), reached +
			"proxy failed (network.proxy)"},
		"hangs up": {target, viaName("http", testkit.Speak(t, "")), reached +
			"proxy failed (network.proxy)"},
		"does not speak TLS": {target, viaName("https", testkit.Speak(t, "hello")), reached +
			"proxy failed (network.proxy.tls)"},
		"is not there": {target, viaName("http", &net.TCPAddr{Port: closed}),
			"names passed, connection failed (network.proxy.unreachable)"},
		"has no address": {target,
			connect.Settings{HTTPSProxy: proxyURL("http://user:" + secret + "@absent.corp.test:3128")},
			"names failed (network.dns)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectWay(t, c.target, c.cfg, root, c.want)
		})
	}
}

func TestSurveyFindsThatNoProxyKeepsUsFromTheOnlyWay(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := newLicensing(t, serving(a.Issue(t, host, lasting)), refusal)
	_, closed := testkit.Refuse(t, "127.0.0.1", 0)
	blocking := testkit.NewForwarder(t, nil,
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	cfg := through("http", testkit.NewForwarder(t, server.Listener.Addr(), nil).Listener.Addr())
	cfg.NoProxy.Variable = "no_proxy"
	cfg.NoProxy.List = "10.0.0.0/8, .localstack.test,other.test"
	useless := through("http", blocking.Listener.Addr())
	useless.NoProxy = cfg.NoProxy
	unrelated := cfg
	unrelated.NoProxy.List = "other.test"
	useless.HTTPProxy = useless.HTTPSProxy
	refused, plain := fmt.Sprintf("https://%s:%d", host, closed), fmt.Sprintf("http://%s:%d", host, closed)
	for name, c := range map[string]struct {
		target, root, want string
		cfg                connect.Settings
	}{
		"no address": {target, beside(t, a.PEM),
			"names failed (network.dns), connection skipped, proxy failed (network.proxy.bypassed)", cfg},
		"refused": {refused, rooted(t, a.PEM),
			"names passed, connection failed (network.refused), proxy failed (network.proxy.bypassed)", cfg},
		"the proxy is none": {refused, rooted(t, a.PEM),
			"names passed, connection failed (network.refused), proxy skipped", useless},
		"the proxy's page is none": {plain, rooted(t, a.PEM),
			"names passed, connection failed (network.refused), proxy skipped", useless},
		"the way is good": {at("https", server.Listener.Addr()), rooted(t, a.PEM), allWell, cfg},
		"no entry matches": {target, beside(t, a.PEM),
			"names skipped, connection passed, proxy passed, tls passed, server passed, clock passed", unrelated},
		"there is no proxy": {refused, rooted(t, a.PEM), "names passed, connection failed (network.refused)",
			connect.Settings{NoProxy: proxy.Exceptions{List: "*"}}},
		"everything is matched": {refused, rooted(t, a.PEM),
			"names passed, connection failed (network.refused), proxy failed (network.proxy.bypassed)",
			connect.Settings{HTTPSProxy: cfg.HTTPSProxy, NoProxy: proxy.Exceptions{List: "*"}}},
	} {
		t.Run(name, func(t *testing.T) {
			checks := expectWay(t, c.target, c.cfg, c.root, c.want)
			if name == "refused" &&
				!strings.HasPrefix(checks[2].Fact,
					`the entry ".localstack.test" of no_proxy matches `+host+", but only the proxy http://127.0.0.1:") {
				t.Error(checks[2].Fact)
			}
		})
	}
}
