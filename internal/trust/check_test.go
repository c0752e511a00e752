package trust

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

const (
	// host is the name of a server of one's own, public one of the real server.
	host   = "api.localstack.test"
	public = "api.localstack.cloud"
)

// shows is what a server presents with certificates, over a good connection.
func shows(t *testing.T, name string, certificates ...tls.Certificate) Presented {
	t.Helper()
	p := Presented{Host: name, Public: name == public, Version: tls.VersionTLS13, Suite: tls.TLS_AES_128_GCM_SHA256}
	for _, certificate := range certificates {
		for _, der := range certificate.Certificate {
			parsed, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			p.Chain = append(p.Chain, parsed)
		}
	}
	return p
}

// trusting trusts these authorities, and no other.
func trusting(t *testing.T, trusted ...*testkit.Authority) *Authorities {
	t.Helper()
	var bundle strings.Builder
	for _, a := range trusted {
		bundle.WriteString(a.PEM)
	}
	found, _ := Load(nil, layout.Root(testkit.TrustingRoot(t, host, bundle.String())))
	found.embedded = certificatesIn(nil)
	return found
}

// expectCheck compares how a check ended, with which row and words.
func expectCheck(t *testing.T, check fault.Check, state fault.State, id fault.ID, fact string) {
	t.Helper()
	if check.State != state || check.Fact != fact {
		t.Errorf("got  %s: %s\nwant %s: %s", check.State, check.Fact, state, fact)
	}
	switch {
	case id == "" && check.Finding != nil:
		t.Errorf("found %v", check.Finding)
	case id != "" && (check.Finding == nil || check.Finding.ID != id):
		t.Errorf("found %v, want %s", check.Finding, id)
	}
}

func TestGoodCertificateIsDescribed(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	long := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(100 * 24 * time.Hour) }
	p := shows(t, host, a.Issue(t, host, long))
	check := trusting(t, a).Check(p, time.Time{})
	until := day(p.Chain[0].NotAfter)
	expectCheck(t, check, fault.Passed, "", "TLS 1.3, certificate issued by System CA, valid until "+until)
	want := "TLS 1.3, TLS_AES_128_GCM_SHA256\n1. CN=" + host + ", issued by CN=System CA, valid from " +
		day(time.Now().Add(-time.Hour)) + " to " + until
	if got := strings.Join(check.Evidence, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	soonOver := trusting(t, a).Check(shows(t, host, a.Issue(t, host, nil)), time.Time{})
	if last := soonOver.Evidence[len(soonOver.Evidence)-1]; soonOver.State != fault.Passed ||
		last != "the certificate expires in less than a day" {
		t.Errorf("%s: %s", soonOver.State, last)
	}
}

func TestUntrustedCertificatesAreRefined(t *testing.T) {
	t.Parallel()
	system, corporate := testkit.NewAuthority(t, "System CA"), testkit.NewAuthority(t, "Corporate CA")
	const notTrusted = "is signed by an untrusted authority (issuer: CN=Corporate CA)"
	whole := corporate.Issue(t, host, nil)
	whole.Certificate = append(whole.Certificate, corporate.Certificate.Raw)
	pointing := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.test/ca.crt"} }
	many := func(c *x509.Certificate) {
		c.DNSNames, c.IPAddresses = []string{"a.test", "*.b.test", "c\nd.test", "e.test"}, []net.IP{net.IPv6loopback}
	}
	withoutNames := func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }
	nobodys := func(c *x509.Certificate) {
		withoutNames(c)
		c.Subject = pkix.Name{}
	}
	for name, c := range map[string]struct {
		presented Presented
		id        fault.ID
		detail    string
	}{
		"a public host's, by a stranger": {shows(t, public, corporate.Issue(t, public, nil)), fault.NetworkIntercepted,
			"the certificate presented for " + public + " was issued by CN=Corporate CA, which is not a public authority"},
		"an own server's, alone": {shows(t, host, corporate.Issue(t, host, nil)), fault.NetworkUntrusted,
			"the certificate of " + host + " " + notTrusted},
		"without its intermediate": {shows(t, host, corporate.Issue(t, host, pointing)), fault.NetworkIncomplete,
			"the certificate of " + host + " " + notTrusted + ", and the server sends no intermediate certificate"},
		"a public host's, without it": {shows(t, public, corporate.Issue(t, public, pointing)), fault.NetworkIncomplete,
			"the certificate of " + public + " " + notTrusted + ", and the server sends no intermediate certificate"},
		"an own server's, with its issuer": {shows(t, host, whole), fault.NetworkUntrusted, "the certificate of " + host +
			" " + notTrusted},
		"another name's": {shows(t, public, system.Issue(t, host, nil)), fault.NetworkCertificateName,
			"the certificate is not valid for " + public + ", but for " + host + " (issuer: CN=System CA)"},
		"many names'": {shows(t, public, system.Issue(t, host, many)), fault.NetworkCertificateName,
			"the certificate is not valid for " + public + `, but for a.test and *.b.test and c\nd.test and 2 more` +
				" (issuer: CN=System CA)"},
		"an address'": {shows(t, public, system.Issue(t, "192.0.2.1", nil)), fault.NetworkCertificateName,
			"the certificate is not valid for " + public + ", but for 192.0.2.1 (issuer: CN=System CA)"},
		"a subject's alone": {shows(t, public, system.Issue(t, public, withoutNames)), fault.NetworkCertificateName,
			"the certificate is not valid for " + public + ", and for no other name: it has only the subject CN=" + public +
				", which does not count (issuer: CN=System CA)"},
		"nobody's": {shows(t, public, system.Issue(t, public, nobodys)), fault.NetworkCertificateName,
			"the certificate is not valid for " + public + ", and for no other name (issuer: CN=System CA)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectCheck(t, trusting(t, system).Check(c.presented, time.Time{}), fault.Failed, c.id, c.detail)
		})
	}
	t.Run("signs itself", func(t *testing.T) {
		t.Parallel()
		p := shows(t, host, tls.Certificate{Certificate: [][]byte{mold{alone: true}.chain(t)[0].Raw}})
		expectCheck(t, trusting(t, system).Check(p, time.Time{}), fault.Failed, fault.NetworkSelfSigned,
			"the certificate of "+host+" is self-signed and not trusted (issuer: CN="+host+")")
	})
}

func TestImageWithOldAuthorities(t *testing.T) {
	t.Parallel()
	system, recent := testkit.NewAuthority(t, "System CA"), testkit.NewAuthority(t, "New Public CA")
	trusted := trusting(t, system)
	trusted.embedded = certificatesIn([]byte(recent.PEM))
	expectCheck(t, trusted.Check(shows(t, public, recent.Issue(t, public, nil)), time.Time{}), fault.Failed,
		fault.NetworkOldAuthorities,
		"the certificate of "+public+" is valid, but the CA certificates of this image do not include CN=New Public CA")
}

func TestTheEmbeddedAuthoritiesAreMozillas(t *testing.T) {
	t.Parallel()
	none, _ := Load(nil, layout.Root(t.TempDir()))
	if n := len(slices.Collect(none.embedded)); n < 100 {
		t.Errorf("%d authorities", n)
	}
}

func TestExpiredCertificateOrWrongClock(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	then := time.Date(2020, 6, 15, 12, 0, 0, 0, time.UTC)
	p := shows(t, host,
		a.Issue(t, host,
			func(c *x509.Certificate) { c.NotBefore, c.NotAfter = then.AddDate(0, -1, 0), then.AddDate(0, 1, 0) }))
	for name, c := range map[string]struct {
		serverTime time.Time
		id         fault.ID
	}{
		"no clock":              {time.Time{}, fault.NetworkCertificateDate},
		"valid by serverTime":   {then, fault.ClockSkew},
		"not valid by either":   {then.AddDate(1, 0, 0), fault.NetworkCertificateDate},
		"not valid yet, either": {then.AddDate(-1, 0, 0), fault.NetworkCertificateDate},
	} {
		check := trusting(t, a).Check(p, c.serverTime)
		if check.State != fault.Failed || check.Finding.ID != c.id {
			t.Errorf("%s: %s %v", name, check.State, check.Finding)
		}
		if c.id == fault.ClockSkew &&
			!strings.HasSuffix(check.Fact,
				", but that of "+host+" is 2020-06-15T12:00:00Z; its certificate is valid from 2020-05-15 to 2020-07-15") {
			t.Error(check.Fact)
		}
	}
}

func TestOldProtocolsAndCiphers(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	p := shows(t, host, a.Issue(t, host, nil))
	p.Version, p.Suite = tls.VersionTLS11, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
	expectCheck(t, trusting(t, a).Check(p, time.Time{}), fault.Failed, fault.NetworkTLSVersion,
		"the newest TLS version that "+host+" supports is TLS 1.1")
	p.Version, p.Suite = tls.VersionTLS12, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA
	expectCheck(t, trusting(t, a).Check(p, time.Time{}), fault.Failed, fault.NetworkTLSVersion,
		host+" supports only outdated ciphers (TLS_RSA_WITH_3DES_EDE_CBC_SHA)")
}

func TestCertificatesThatOnlyAStrictClientRejects(t *testing.T) {
	t.Parallel()
	chain := mold{root: func(c *x509.Certificate) { c.KeyUsage = 0 }}.chain(t)
	root := pemOf(chain[2])
	trusted, _ := Load(nil, layout.Root(testkit.TrustingRoot(t, host, root)))
	p := Presented{Host: host, Version: tls.VersionTLS12, Suite: tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		Chain: chain[:2]}
	expectCheck(t, trusted.Check(p, time.Time{}), fault.Warned, fault.NetworkStrict, "the authority Root has no key usage")
}

// A bundle that the activation can do without, or with, may still fail the emulator.
func TestBundleThatFailsTheEmulatorIsAWarning(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	glued := strings.TrimSpace(a.PEM) + testkit.NewAuthority(t, "Other CA").PEM
	for name, c := range map[string]struct{ system, named, says string }{
		"named":        {a.PEM, glued, "REQUESTS_CA_BUNDLE="},
		"the system's": {glued, a.PEM, "/etc/ssl/certs/ca-certificates.crt is damaged: line "},
	} {
		root, path := testkit.TrustingRoot(t, host, c.system), bundleAt(t, "named.pem", c.named)
		found, _ := Load([]Bundle{{Variable: "REQUESTS_CA_BUNDLE", Path: path}}, layout.Root(root))
		check := found.Check(shows(t, host, a.Issue(t, host, nil)), time.Time{})
		if check.State != fault.Warned || check.Finding.ID != fault.NetworkBundle || !strings.Contains(check.Fact, c.says) {
			t.Errorf("%s: %s, %v, %q", name, check.State, check.Finding, check.Fact)
		}
	}
}

// An authority in one of the system's folders counts, and it is said where it is.
func TestAddedAuthorityIsNamed(t *testing.T) {
	t.Parallel()
	system, corporate := testkit.NewAuthority(t, "System CA"), testkit.NewAuthority(t, "Corporate CA")
	root := testkit.TrustingRoot(t, host, system.PEM)
	testkit.Put(t, root, "usr/local/share/ca-certificates/corp.crt", corporate.PEM)
	found, _ := Load(nil, layout.Root(root))
	p := shows(t, host, corporate.Issue(t, host, nil))
	if err := found.Verify(p.Chain, host); err != nil {
		t.Error(err)
	}
	want := "trusted because of " + root + "/usr/local/share/ca-certificates/corp.crt"
	if check := found.Check(p, time.Time{}); check.State != fault.Passed || !slices.Contains(check.Evidence, want) {
		t.Errorf("%s, %q", check.State, check.Evidence)
	}
	stranger := found.Check(shows(t, host, testkit.NewAuthority(t, "Stranger").Issue(t, host, nil)), time.Time{})
	contains := root + "/usr/local/share/ca-certificates contains CN=Corporate CA, but not this issuer"
	if remarks := stranger.Finding.Remarks; !slices.Contains(remarks, contains) {
		t.Errorf("%q", remarks)
	}
	// The system has an old certificate of the authority.
	old := *corporate.Certificate
	old.NotBefore, old.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	der := testkit.Sign(t, &old, nil, corporate.Key, corporate.Key)
	testkit.Put(t, root, testkit.SystemBundle, armor(labelCertificate, der))
	if err := found.Verify(p.Chain, host); err != nil {
		t.Error(err)
	}
	// The same name with another key, as after a renewal.
	renewed := found.Check(shows(t, host, testkit.NewAuthority(t, "Corporate CA").Issue(t, host, nil)), time.Time{})
	contains = root + "/usr/local/share/ca-certificates contains CN=Corporate CA, but with another key than that of" +
		" this issuer"
	if remarks := renewed.Finding.Remarks; !slices.Contains(remarks, contains) {
		t.Errorf("%q", remarks)
	}
}

// Who has signed a certificate that is refused for another reason is not blamed for another key.
func TestAuthorityOfARefusedCertificateIsNamed(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t, "Corporate CA")
	template := *authority.Certificate
	template.IsCA, template.KeyUsage = false, x509.KeyUsageDigitalSignature
	noCA := &testkit.Authority{Certificate: &template, Key: authority.Key}
	client := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	tests := map[string]struct {
		added  string
		server tls.Certificate
	}{
		"which has signed it": {authority.PEM, authority.Issue(t, host, client)},
		"which has signed it, but is not a CA certificate": {
			armor(labelCertificate, testkit.Sign(t, &template, nil, authority.Key, authority.Key)), noCA.Issue(t, host, nil)},
	}
	for want, test := range tests {
		root := testkit.TrustingRoot(t, host, testkit.NewAuthority(t, "System CA").PEM)
		testkit.Put(t, root, "usr/local/share/ca-certificates/corp.crt", test.added)
		found, _ := Load(nil, layout.Root(root))
		check := found.Check(shows(t, host, test.server), time.Time{})
		want = root + "/usr/local/share/ca-certificates contains CN=Corporate CA, " + want
		if check.Finding == nil || !slices.Contains(check.Finding.Remarks, want) {
			t.Errorf("%v, want %q", check.Finding, want)
		}
	}
}
