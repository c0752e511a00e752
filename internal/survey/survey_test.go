package survey

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

const (
	// host is the name that the tests ask for, public one of the real server.
	host   = "api.localstack.test"
	public = "api.localstack.cloud"
)

func TestMain(m *testing.M) { testkit.RunSideBySide(m) }

// at is the URL of what listens at address, under the name of host.
func at(scheme string, address net.Addr) string {
	return fmt.Sprintf("%s://%s:%d", scheme, host, address.(*net.TCPAddr).Port)
}

// rooted is a folder where host is 127.0.0.1 and the system trusts bundle.
func rooted(t *testing.T, bundle string) string { return testkit.TrustingRoot(t, host, bundle) }

// titled is an HTML page.
func titled(title string) string { return "<html><head><title>" + title + "</title></head></html>" }

// look surveys the way to target. All it tells must be fit to be shown.
func look(t *testing.T, ctx context.Context, target string, cfg connect.Settings, root string) []fault.Check {
	t.Helper()
	parsed, err := url.Parse(target + "/v1")
	if err != nil {
		t.Fatal(err)
	}
	var checks []fault.Check
	cfg.Root = layout.Root(root)
	tell := func(check fault.Check) { checks = append(checks, check) }
	if s := New(parsed, cfg, "", license.ClockDiffers); s.Look(ctx, ToRequest, tell) {
		s.Ask(ctx, tell)
	}
	for _, check := range checks {
		testkit.MustNotContain(t, fmt.Sprintf("%+v %v", check, check.Finding), secret, "dXNlcjpz")
		if f := check.Finding; f != nil && (!strings.HasSuffix(f.Server, "/v1") || f.Detail == "") {
			t.Errorf("%s: %+v", check.Name, f)
		}
	}
	return checks
}

// outline is checks in a line: "names passed, connection failed (network.refused)".
func outline(checks []fault.Check) string {
	var parts []string
	for _, check := range checks {
		part := check.Name + " " + string(check.State)
		if check.Finding != nil {
			part += " (" + string(check.Finding.ID) + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// expectWay surveys and compares the outline.
func expectWay(t *testing.T, target string, cfg connect.Settings, root, want string) []fault.Check {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*testkit.Soon)
	defer cancel()
	checks := look(t, ctx, target, cfg, root)
	if got := outline(checks); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
		for _, check := range checks {
			t.Logf("%s: %s %q", check.Name, check.Fact, check.Evidence)
		}
	}
	for _, check := range checks {
		// Remedies repeat both.
		if found := check.Finding; found != nil && (found.Server == "" || found.Host == "") {
			t.Errorf("%s is about server %q and host %q", check.Name, found.Server, found.Host)
		}
	}
	return checks
}

// named is a folder where a name server knows host, and the system trusts bundle.
func named(t *testing.T, bundle string) string {
	t.Helper()
	root := testkit.Root(t, testkit.DNS(t, testkit.Zone{host: {IP: []string{"127.0.0.1"}}, ".": {}}))
	testkit.Put(t, root, testkit.SystemBundle, bundle)
	return root
}

// lasting makes a certificate good for long.
func lasting(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(1, 0, 0) }

func serving(certificates ...tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: certificates}
}

const allWell = "names passed, connection passed, proxy skipped, tls passed, server passed, clock passed"

func TestSurveyOfAWayThatIsGood(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := newLicensing(t, serving(a.Issue(t, host, lasting)), refusal)
	checks := expectWay(t, at("https", server.Listener.Addr()), connect.Settings{}, named(t, a.PEM), allWell)
	for i, prefix := range []string{
		host + " resolves to 127.0.0.1 (from 127.0.0.1:", fmt.Sprintf("%s:%d answers at 127.0.0.1", host, server.port()),
		"no proxy is set for https://" + host,
		"TLS 1.3, certificate issued by System CA, valid until ",
		fmt.Sprintf("https://%s:%d/v1 answers in JSON (status 401)", host, server.port()), "",
	} {
		if !strings.HasPrefix(checks[i].Fact, prefix) {
			t.Errorf("%s: %s", checks[i].Name, checks[i].Fact)
		}
	}
}

func TestSurveySendsNoCredential(t *testing.T) {
	t.Parallel()
	server := newLicensing(t, nil, refusal)
	expectWay(t, at("http", server.Listener.Addr()), connect.Settings{}, named(t, ""),
		"names passed, connection passed, proxy skipped, tls skipped, server passed, clock passed")
	want := "GET /v1/license/activate\nAccept: application/json\r\nAccept-Encoding: gzip\r\n" +
		"Connection: close\r\nUser-Agent: localstack-entrypoint\r\n\n"
	if sent := server.Sent(); len(sent) != 1 || sent[0] != want {
		t.Errorf("got %q\nwant %q", sent, want)
	}
}

func TestSurveyOfOtherWaysToNameAServer(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	server := newLicensing(t, serving(a.Issue(t, "xn--bcher-kva.test", lasting)), refusal)
	plain := newLicensing(t, nil, refusal)
	const untold = ", connection passed, proxy skipped, tls skipped, server passed, clock passed"
	root := named(t, a.PEM)
	testkit.Put(t, root, "etc/hosts", "127.0.0.1 xn--bcher-kva.test\n")
	expectWay(t, fmt.Sprintf("https://Bücher.test:%d", server.port()), connect.Settings{}, root, allWell)
	expectWay(t, fmt.Sprintf("http://%s:%d", strings.ToUpper(host), plain.port()), connect.Settings{}, root,
		"names passed"+untold)
	expectWay(t, fmt.Sprintf("http://127.0.0.1:%d", plain.port()), connect.Settings{}, root, "names skipped"+untold)
	for _, address := range []string{"localhost", "a.localhost"} {
		checks := expectWay(t, fmt.Sprintf("http://%s:%d", address, plain.port()), connect.Settings{}, root,
			"names passed, connection passed, proxy skipped, tls skipped, server passed, clock passed")
		if checks[0].Fact != address+" is this machine: 127.0.0.1, ::1" {
			t.Error(checks[0].Fact)
		}
	}
}

func TestSurveyStopsWhereTheWayEnds(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	root := named(t, a.PEM)
	_, closed := testkit.Refuse(t, "127.0.0.1", 0)
	const reached = "names passed, connection passed, proxy skipped, "
	page := func(status int, body string) *licensing {
		return newLicensing(t, serving(a.Issue(t, host, lasting)), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	for name, c := range map[string]struct{ target, want string }{
		"no name": {"https://absent.test", "names failed (network.dns)"},
		"refused": {fmt.Sprintf("https://%s:%d", host, closed), "names passed, connection failed (network.refused)"},
		"plain HTTP": {at("https", newLicensing(t, nil, refusal).Listener.Addr()), reached +
			"tls failed (network.tls)"},
		"hangs up": {at("https", testkit.Speak(t, "")), reached + "tls failed (network.reset)"},
		"no HTTP": {at("http", testkit.Speak(t, "SSH-2.0-OpenSSH_9.9\r\n")), reached +
			"tls skipped, server failed (network.unreachable)"},
		"block page": {at("https", page(403, titled("Blocked")).Listener.Addr()), reached +
			"tls passed, server failed (network.block_page), clock passed"},
		"server error": {at("https", page(503, "").Listener.Addr()), reached +
			"tls passed, server failed (network.server_error), clock passed"},
		"endless page": {at("https", page(200, strings.Repeat("x", 1<<20)).Listener.Addr()), reached +
			"tls passed, server passed, clock passed"},
		"untrusted": {at("https",
			newLicensing(t, serving(testkit.NewAuthority(t, "Other").Issue(t, host, nil)), refusal).Listener.Addr()), reached +
			"tls failed (network.certificate.untrusted), server passed, clock passed"},
		"another name": {at("https", newLicensing(t, serving(a.Issue(t, "portal.test", nil)), refusal).Listener.Addr()),
			reached + "tls failed (network.certificate.name), server passed, clock passed"},
		"TLS 1.1": {at("https",
			newLicensing(t,
				&tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}, MinVersion: tls.VersionTLS10,
					MaxVersion: tls.VersionTLS11}, refusal).Listener.Addr()), reached +
			"tls failed (network.tls.version), server passed, clock passed"},
		"outdated cipher": {at("https",
			newLicensing(t,
				&tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, nil)}, MaxVersion: tls.VersionTLS12,
					CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}}, refusal).Listener.Addr()), reached +
			"tls failed (network.tls.version), server passed, clock passed"},
		"asks who we are": {at("https",
			newLicensing(t,
				&tls.Config{Certificates: []tls.Certificate{a.Issue(t, host, lasting)}, ClientAuth: tls.RequireAnyClientCert},
				refusal).Listener.Addr()), reached + "tls passed, server failed (network.tls)"},
		"another's clock": {at("https", newLicensing(t, serving(a.Issue(t, host, lasting)), late).Listener.Addr()),
			reached + "tls passed, server passed, clock warned (clock.skew)"},
		"without a clock": {at("https", newLicensing(t, serving(a.Issue(t, host, lasting)), undated).Listener.Addr()),
			reached + "tls passed, server passed, clock skipped"},
		"expired for them": {at("https", newLicensing(t, serving(a.Issue(t, host, inThePast)), late).Listener.Addr()),
			reached + "tls failed (clock.skew), server passed, clock warned (clock.skew)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectWay(t, c.target, connect.Settings{}, root, c.want)
		})
	}
}

var past = time.Date(2020, 6, 15, 12, 0, 0, 0, time.UTC)

func late(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", past.Format(http.TimeFormat))
	refusal(w, r)
}

func undated(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil
	refusal(w, r)
}

func inThePast(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = past.AddDate(0, -1, 0), past.AddDate(0, 1, 0)
}

func TestSurveyOfANameThatASearchDomainCompletes(t *testing.T) {
	t.Parallel()
	_, closed := testkit.Refuse(t, "127.0.0.1", 0)
	wild := testkit.DNSAnswer{IP: []string{"127.0.0.1"}}
	for name, c := range map[string]struct {
		host string
		zone testkit.Zone
		want string
	}{
		"nobody else knows it": {public, testkit.Zone{public + ".corp.test": wild},
			"names failed (network.dns.search_domain), connection failed (network.refused)"},
		"libc will be led away": {host, testkit.Zone{host: wild, host + ".corp.test": {IP: []string{"127.0.0.9"}}},
			"names warned (network.dns.search_domain), connection failed (network.refused)"},
		"it is a short one": {"licenses", testkit.Zone{"licenses.corp.test": wild},
			"names passed, connection failed (network.refused)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			testkit.Put(t, root, "etc/resolv.conf",
				testkit.ResolvConf(testkit.DNS(t, c.zone).Addr())+"search corp.test\noptions ndots:5\n")
			expectWay(t, fmt.Sprintf("https://%s:%d", c.host, closed), connect.Settings{}, root, c.want)
		})
	}
}

func TestSurveyWithoutVerification(t *testing.T) {
	t.Parallel()
	server := newLicensing(t, serving(testkit.NewAuthority(t, "Other").Issue(t, host, nil)), refusal)
	checks := expectWay(t, at("https", server.Listener.Addr()), connect.Settings{NoVerify: true}, named(t, ""),
		"names passed, connection passed, proxy skipped, tls skipped, server passed, clock passed")
	if want := "SSL_NO_VERIFY=1: not checked (the certificate of " + host; !strings.HasPrefix(checks[3].Fact, want) {
		t.Error(checks[3].Fact)
	}
}
