package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/testkit"
)

// host is the name that the tests connect to.
const host = "api.localstack.test"

func TestMain(m *testing.M) { testkit.RunSideBySide(m) }

// get requests target through a new transport.
func get(ctx context.Context, target string, cfg Settings, root string) (body string, warnings []string, err error) {
	parsed, err := url.Parse(target)
	if err != nil {
		return "", nil, err
	}
	cfg.Root = layout.Root(root)
	transport, warnings := NewTransport(parsed, cfg, resolve.New(layout.Root(root)))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", warnings, err
	}
	client := &http.Client{Transport: transport}
	response, err := client.Do(request)
	if err != nil {
		return "", warnings, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return string(content), warnings, err
}

// rooted is a folder where host is 127.0.0.1 and the system trusts bundle.
func rooted(t *testing.T, bundle string) string { return testkit.TrustingRoot(t, host, bundle) }

// at is the URL of what listens at address, under the name of host.
func at(scheme string, address net.Addr) string {
	return fmt.Sprintf("%s://%s:%d", scheme, host, address.(*net.TCPAddr).Port)
}

func expectLicensed(t *testing.T, target string, cfg Settings, root string) {
	t.Helper()
	if body, _, err := get(t.Context(), target, cfg, root); err != nil || body != "licensed" {
		t.Errorf("got %q, %v", body, err)
	}
}

// expectExplained compares the failure of a request to what it should be called.
func expectExplained(t *testing.T, target string, cfg Settings, root string, id fault.ID, detail string) {
	t.Helper()
	_, _, err := get(t.Context(), target, cfg, root)
	if err == nil {
		t.Fatal("the request succeeded")
	}
	testkit.ExpectFault(t, Fault(host, err), id, detail)
}

func TestAnInternationalisedNameIsCheckedInItsASCIIForm(t *testing.T) {
	t.Parallel()
	const ascii = "xn--bcher-kva.test"
	a := testkit.NewAuthority(t, "System CA")
	root := rooted(t, a.PEM)
	testkit.Put(t, root, "etc/hosts", "127.0.0.1 "+ascii+"\n")
	port := a.Serve(t, ascii, nil).Listener.Addr().(*net.TCPAddr).Port
	expectLicensed(t, fmt.Sprintf("https://bücher.test:%d", port), Settings{}, root)
}

func TestTrustedServerIsReached(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	expectLicensed(t, at("https", a.Serve(t, host, nil).Listener.Addr()), Settings{}, rooted(t, a.PEM))
}

func TestServersThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	a, stranger := testkit.NewAuthority(t, "System CA"), testkit.NewAuthority(t, "Corporate CA")
	forClients := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	old := &tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}, MaxVersion: tls.VersionTLS11}
	// A ServerHello of TLS 1.0, for which crypto/tls has no typed error.
	hello := "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + strings.Repeat("r", 32) + "\x00\x00\x2f\x00"
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	_, closed := testkit.Refuse(t, "127.0.0.1", 0)
	for _, c := range []struct {
		scheme  string
		address net.Addr
		id      fault.ID
		detail  string
	}{
		{"https", stranger.Serve(t, host, nil).Listener.Addr(), fault.NetworkUntrusted,
			"the certificate of " + host + " is signed by an untrusted authority (issuer: CN=Corporate CA)"},
		{"https", a.Serve(t, "portal.test", nil).Listener.Addr(), fault.NetworkCertificateName,
			"the certificate is not valid for " + host + ", but for portal.test (issuer: CN=System CA)"},
		{"https", a.Serve(t, host, forClients).Listener.Addr(), fault.NetworkUntrusted, "the certificate of " + host +
			" is invalid: certificate specifies an incompatible key usage (issuer: CN=System CA)"},
		{"https", testkit.ServeTLS(t, old).Listener.Addr(), fault.NetworkTLSVersion,
			host + " does not support TLS 1.2 or newer"},
		{"https", testkit.Speak(t, hello), fault.NetworkTLSVersion, host + " does not support TLS 1.2 or newer"},
		{"https", plain.Listener.Addr(), fault.NetworkTLS, host + " answers in plain HTTP, not in TLS"},
		{"https", testkit.Speak(t, "SSH-2.0-OpenSSH_9.9\r\n"), fault.NetworkTLS, host + " does not answer in TLS"},
		{"https", testkit.Speak(t, ""), fault.NetworkReset, host + " closed the connection without an answer"},
		{"http", testkit.Speak(t, ""), fault.NetworkReset, host + " closed the connection without an answer"},
		{"http", &net.TCPAddr{Port: closed}, fault.NetworkRefused,
			fmt.Sprintf("the connection to %s (127.0.0.1:%d) was refused", host, closed)},
	} {
		expectExplained(t, at(c.scheme, c.address), Settings{}, rooted(t, a.PEM), c.id, c.detail)
	}
}

func TestExpiredCertificateIsDated(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := a.Serve(t, host, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Unix(0, 0), time.Unix(86400, 0)
	})
	_, _, err := get(t.Context(), at("https", server.Listener.Addr()), Settings{}, rooted(t, a.PEM))
	failed := Fault(host, err)
	want := "the certificate of " + host + " is valid from 1970-01-01 to 1970-01-02, but the local time is 20"
	if failed.ID != fault.NetworkCertificateDate || !strings.HasPrefix(failed.Detail, want) {
		t.Errorf("got %v", failed)
	}
}

func TestServerThatAcceptsAndStaysSilent(t *testing.T) {
	t.Parallel()
	port, spoken := testkit.Hold(t, "127.0.0.1")
	_, _, err := get(testkit.OverAfter(t, spoken, 1), fmt.Sprintf("https://%s:%d", host, port), Settings{}, rooted(t, ""))
	testkit.ExpectFault(t, Fault(host, err), fault.NetworkTimeout, "the request to "+host+" timed out")
}

func TestDeadNameServerIsBlamedWhenTheRequestsTimeIsOver(t *testing.T) {
	t.Parallel()
	handler, heard := testkit.Reporting(testkit.Silent{})
	server := testkit.DNS(t, handler)
	_, _, err := get(testkit.OverAfter(t, heard, 2), "https://"+host, Settings{}, testkit.Root(t, server))
	testkit.ExpectFault(t, Fault(host, err), fault.NetworkDNSUnreachable,
		"the name "+host+" does not resolve (status: timeout from "+server.Addr()+")")
}

func TestSilentAddressIsBlamedWhenTheRequestsTimeIsOver(t *testing.T) {
	t.Parallel()
	port := testkit.Swallow(t, "127.0.0.1", 0)
	_, _, err := get(testkit.Limited(t), fmt.Sprintf("https://%s:%d", host, port), Settings{}, rooted(t, ""))
	testkit.ExpectFault(t, Fault(host, err), fault.NetworkTimeout,
		fmt.Sprintf("the connection to %s (127.0.0.1:%d) timed out", host, port))
}

func TestExplainLeavesAFailureOfTheTableAsItIs(t *testing.T) {
	t.Parallel()
	failed := fault.New(fault.NetworkRateLimited, "slow down")
	if got := Fault(host, fmt.Errorf("wrapped: %w", failed)); got.ID != failed.ID || got.Detail != failed.Detail ||
		got.Host != host {
		t.Errorf("got %v of %s", got, got.Host)
	}
}
