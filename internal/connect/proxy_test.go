package connect

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/proxy"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/testkit"
)

const (
	// secret is the password in proxy URLs; it must not appear anywhere.
	secret = "s3cr3t"
	// target is a licensing server that only a proxy can find.
	target = "https://" + host
)

// proxyURL is a proxy setting.
func proxyURL(text string) proxy.Setting {
	return proxy.Setting{Secret: credential.NewSecret(text), Variable: "HTTPS_PROXY"}
}

// through is a setting that reaches https targets through a proxy, with credentials.
func through(t *testing.T, scheme string, address net.Addr) Settings {
	t.Helper()
	return Settings{HTTPSProxy: proxyURL(fmt.Sprintf("%s://user:%s@%s", scheme, secret, address))}
}

// expectProxyFault requests target and compares the proxy's failure.
func expectProxyFault(t *testing.T, cfg Settings, root string, id fault.ID, detail string) {
	t.Helper()
	_, _, err := get(t.Context(), target, cfg, root)
	if err == nil {
		t.Fatal("the request succeeded")
	}
	failed := Fault(host, err)
	testkit.ExpectFault(t, failed, id, detail)
	for cause := error(failed); cause != nil; {
		testkit.MustNotContain(t, fmt.Sprintf("%v %+v %q", cause, cause, report.Reason(failed)), secret, "dXNlcjpz")
		unwrap, _ := cause.(interface{ Unwrap() error })
		if unwrap == nil {
			break
		}
		cause = unwrap.Unwrap()
	}
}

func TestHTTPSThroughProxiesOfEachKind(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := a.Serve(t, host, nil).Listener.Addr()
	names := testkit.DNS(t, testkit.Zone{})
	root := testkit.Root(t, names)
	testkit.Put(t, root, testkit.SystemBundle, a.PEM)
	plain := testkit.NewForwarder(t, server, nil)
	encrypted := testkit.NewForwarder(t, server, nil, a.Issue(t, "proxy.localhost", nil))
	_, port, _ := net.SplitHostPort(encrypted.Listener.Addr().String())
	for name, cfg := range map[string]Settings{
		"http":   through(t, "http", plain.Listener.Addr()),
		"https":  {HTTPSProxy: proxyURL("https://user:" + secret + "@proxy.localhost:" + port)},
		"socks5": through(t, "socks5", testkit.NewSOCKS(t, server, 0)),
	} {
		t.Run(name, func(t *testing.T) { expectLicensed(t, target, cfg, root) })
	}
	for _, seen := range [][]string{plain.Seen(), encrypted.Seen()} {
		if len(seen) != 1 || !strings.HasPrefix(seen[0], "CONNECT "+host+":443 ") {
			t.Errorf("the proxy has seen %q", seen)
		}
	}
	if asked := names.Queries(); len(asked) > 0 {
		t.Errorf("with a proxy the license host is its business, but %v", asked)
	}
}

func TestHTTPTargetThroughAnHTTPProxy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "licensed")
	}))
	t.Cleanup(server.Close)
	proxy := testkit.NewForwarder(t, server.Listener.Addr(), nil)
	cfg := Settings{HTTPProxy: proxyURL("http://user:" + secret + "@" + proxy.Listener.Addr().String()),
		HTTPSProxy: proxyURL("http://127.0.0.1:1")}
	expectLicensed(t, "http://"+host, cfg, t.TempDir())
	if seen := proxy.Seen(); len(seen) != 1 || seen[0] != "GET "+host+" Basic dXNlcjpzM2NyM3Q=" {
		t.Errorf("the proxy has seen %q", seen)
	}
	cfg.HTTPProxy = proxyURL("http://" + testkit.Speak(t, "").String())
	_, _, err := get(t.Context(), "http://"+host, cfg, t.TempDir())
	testkit.ExpectFault(t, Fault(host, err), fault.NetworkProxy,
		"the proxy "+cfg.HTTPProxy.Reveal()+" closed the connection without answering")
}

func TestAPasswordIsSentAsByPython(t *testing.T) {
	t.Parallel()
	// requests.auth._basic_auth_str("bob", "ü %zz^{}|@:") for the first.
	for written, want := range map[string]string{
		"ü %zz^{}|@:": "Basic Ym9iOvwgJXp6Xnt9fEA6", "%C3%BC%20%25zz^{}|%40%3A": "Basic Ym9iOvwgJXp6Xnt9fEA6",
	} {
		denies := testkit.NewForwarder(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) })
		setting := proxyURL("http://bob:" + written + "@" + denies.Listener.Addr().String())
		cfg := Settings{HTTPProxy: setting, HTTPSProxy: setting}
		for _, scheme := range []string{"http://", "https://"} {
			_, _, err := get(t.Context(), scheme+host, cfg, t.TempDir())
			testkit.ExpectFault(t, Fault(host, err), fault.NetworkProxyAuthentication,
				"the proxy "+denies.URL+" rejects the user name or password (status 407)")
		}
		if seen := fmt.Sprint(denies.Seen()); seen != "[GET "+host+" "+want+" CONNECT "+host+":443 "+want+"]" {
			t.Errorf("the proxy has seen %s", seen)
		}
	}
}

func TestNoProxyReachesTheServerDirectly(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := at("https", a.Serve(t, host, nil).Listener.Addr())
	cfg := Settings{HTTPSProxy: proxyURL("http://127.0.0.1:1")}
	cfg.NoProxy.List = "other.test, .localstack.test"
	expectLicensed(t, server, cfg, rooted(t, a.PEM))
}

func TestNoProxyDoesNotCountForLocalStacksOwnVariable(t *testing.T) {
	t.Parallel()
	own := proxyURL("http://proxy.test:3128")
	own.Variable = "OUTBOUND_HTTPS_PROXY"
	cfg := Settings{HTTPSProxy: own, NoProxy: proxy.Exceptions{List: host}}
	for name, want := range map[string]bool{host: true, "127.0.0.1:8080": false, "localhost": false} {
		if way := cfg.Proxy(&url.URL{Scheme: "https", Host: name}); (way != nil) != want {
			t.Errorf("%s is reached through %v", name, way)
		}
	}
}

func TestProxyThatCannotBeReached(t *testing.T) {
	t.Parallel()
	_, port := testkit.Refuse(t, "127.0.0.2", 0)
	names := testkit.DNS(t, testkit.Zone{})
	root := testkit.Root(t, names)
	for scheme := range map[string]bool{"http": true, "https": true, "socks5": true} {
		address := fmt.Sprintf("127.0.0.2:%d", port)
		expectProxyFault(t, Settings{HTTPSProxy: proxyURL(scheme + "://user:" + secret + "@" + address)}, root,
			fault.NetworkProxyUnreachable,
			fmt.Sprintf("the proxy %s://%s cannot be reached: the connection to %s was refused", scheme, address, address))
	}
	expectProxyFault(t, Settings{HTTPSProxy: proxyURL("http://user:" + secret + "@proxy.corp.test:3128")}, root,
		fault.NetworkProxyUnreachable,
		"the proxy http://proxy.corp.test:3128 cannot be reached: "+
			"the name proxy.corp.test does not resolve (status: NXDOMAIN from "+names.Addr()+")")
	if names.Count(testkit.DNSQuery{Name: host}) > 0 {
		t.Errorf("asked %v", names.Queries())
	}
}

func TestProxyThatMisbehaves(t *testing.T) {
	t.Parallel()
	closing, chatting := testkit.Speak(t, ""), testkit.Speak(t, "SSH-2.0-OpenSSH_9.9\r\n")
	a := testkit.NewAuthority(t, "Proxy CA")
	encrypted := testkit.NewForwarder(t, nil, nil, a.Issue(t, "proxy.localhost", nil))
	_, port, _ := net.SplitHostPort(encrypted.Listener.Addr().String())
	root := t.TempDir()
	expectProxyFault(t, through(t, "http", closing), root, fault.NetworkProxy,
		fmt.Sprintf("the proxy http://%s closed the connection without answering", closing))
	expectProxyFault(t, through(t, "https", closing), root, fault.NetworkProxy,
		fmt.Sprintf("the proxy https://%s closed the connection without answering", closing))
	expectProxyFault(t, through(t, "https", chatting), root, fault.NetworkProxyTLS,
		fmt.Sprintf("TLS with the proxy https://%s fails: 127.0.0.1 does not answer in TLS", chatting))
	expectProxyFault(t, Settings{HTTPSProxy: proxyURL("https://user:" + secret + "@proxy.localhost:" + port)}, root,
		fault.NetworkProxyTLS,
		"TLS with the proxy https://proxy.localhost:"+port+" fails: "+
			"the certificate of proxy.localhost is signed by an untrusted authority (issuer: CN=Proxy CA)")
	socks := testkit.NewSOCKS(t, nil, 4)
	expectProxyFault(t, through(t, "socks5", socks), root, fault.NetworkProxy,
		fmt.Sprintf("the proxy socks5://%s did not connect to %s:443 (unknown error host unreachable)", socks, host))
}

func TestProxyThatStaysSilentIsBlamed(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https", "socks5"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			port, spoken := testkit.Hold(t, "127.0.0.1")
			address := fmt.Sprintf("127.0.0.1:%d", port)
			cfg := Settings{HTTPSProxy: proxyURL(scheme + "://" + address)}
			_, _, err := get(testkit.OverAfter(t, spoken, 1), target, cfg, t.TempDir())
			testkit.ExpectFault(t, Fault(host, err), fault.NetworkProxy,
				"the proxy "+scheme+"://"+address+" accepted the connection, but did not answer in time")
			if !errors.Is(err, ErrPassing) {
				t.Error("it is not tried again")
			}
		})
	}
}

func TestServerBehindAProxyIsBlamedForItself(t *testing.T) {
	t.Parallel()
	proxyCA := testkit.NewAuthority(t, "Proxy CA")
	root := rooted(t, proxyCA.PEM)
	server := testkit.NewAuthority(t, "Stranger").Serve(t, host, nil).Listener.Addr()
	encrypted := testkit.NewForwarder(t, server, nil, proxyCA.Issue(t, "proxy.localhost", nil))
	_, port, _ := net.SplitHostPort(encrypted.Listener.Addr().String())
	for name, cfg := range map[string]Settings{
		"http":   through(t, "http", testkit.NewForwarder(t, server, nil).Listener.Addr()),
		"https":  {HTTPSProxy: proxyURL("https://proxy.localhost:" + port)},
		"socks5": through(t, "socks5", testkit.NewSOCKS(t, server, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			expectExplained(t, target, cfg, root, fault.NetworkUntrusted,
				"the certificate of "+host+" is signed by an untrusted authority (issuer: CN=Stranger)")
		})
	}
}
