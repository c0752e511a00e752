package trust

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"localstack-entrypoint/internal/fault"
)

// expiresSoon is when a certificate's end is worth a word.
const expiresSoon = 14 * 24 * time.Hour

// Presented is what a server showed of itself in a TLS handshake.
type Presented struct {
	Host string
	// Public is whether the host must have a certificate of a public authority.
	Public  bool
	Version uint16
	Suite   uint16
	Chain   []*x509.Certificate
}

// Evidence is the chain as presented, a line for each certificate.
func (p Presented) Evidence() []string {
	lines := []string{tls.VersionName(p.Version) + ", " + tls.CipherSuiteName(p.Suite)}
	for i, c := range p.Chain {
		lines = append(lines, fmt.Sprintf("%d. %s, issued by %s, valid from %s to %s", i+1, nameOf(c.Subject.String(), c), nameOf(c.Issuer.String(), nil),
			c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly)))
	}
	return lines
}

// nameOf is a distinguished name, or for a certificate without one the names it is for.
func nameOf(name string, c *x509.Certificate) string {
	if name == "" && c != nil {
		name = strings.Join(c.DNSNames, ", ")
	}
	if name == "" {
		return "nobody"
	}
	return fmt.Sprintf("%.200s", name)
}

// Check checks what was presented as the real connection does, and finds out
// why it is not good. theirs is the server's clock where it is not ours, zero
// otherwise.
func (a *Authorities) Check(p Presented, theirs time.Time) fault.Check {
	const name = "tls"
	evidence, facts := p.Evidence(), fault.Facts{Host: p.Host}
	if p.Version < tls.VersionTLS12 {
		return fault.Fail(name, fault.New(fault.NetworkTLSVersion, "%s speaks nothing newer than %s", p.Host, tls.VersionName(p.Version)).With(facts), evidence...)
	}
	if isInsecure(p.Suite) {
		return fault.Fail(name, fault.New(fault.NetworkTLSVersion, "%s offers nothing better than the outdated cipher %s", p.Host, tls.CipherSuiteName(p.Suite)).With(facts), evidence...)
	}
	chains, err := a.chains(p.Chain, p.Host)
	if err != nil {
		return fault.Fail(name, a.refine(p, err, theirs).With(facts), evidence...)
	}
	leaf := p.Chain[0]
	if flaws := strictFlaws(chains[0]); len(flaws) > 0 {
		return fault.Warn(name, fault.New(fault.NetworkStrict, "%s", strings.Join(flaws, "; ")).With(facts), evidence...)
	}
	fact := fmt.Sprintf("%s, certificate by %s until %s", tls.VersionName(p.Version), nameOf(leaf.Issuer.CommonName, nil), leaf.NotAfter.UTC().Format(time.DateOnly))
	if left := time.Until(leaf.NotAfter); left < expiresSoon {
		evidence = append(evidence, fmt.Sprintf("the certificate ends in %d days", int(left.Hours()/24)))
	}
	return fault.Pass(name, fact, evidence...)
}

func isInsecure(suite uint16) bool {
	return slices.ContainsFunc(tls.InsecureCipherSuites(), func(s *tls.CipherSuite) bool { return s.ID == suite })
}

// refine says why certificates are not accepted, as exactly as can be known.
func (a *Authorities) refine(p Presented, err error, theirs time.Time) *fault.Error {
	var verification *tls.CertificateVerificationError
	if !errors.As(err, &verification) {
		return fault.New(fault.NetworkTLS, "the certificates of %s cannot be judged", p.Host)
	}
	failed := Fault(p.Host, verification)
	switch failed.ID {
	case fault.NetworkCertificateDate:
		now := time.Now()
		if !theirs.IsZero() && validAt(p.Chain, theirs) {
			return fault.New(fault.ClockSkew, "it is %s here, but %s at %s, whose certificate is valid from %s to %s", now.UTC().Format(time.RFC3339),
				theirs.UTC().Format(time.RFC3339), p.Host, p.Chain[0].NotBefore.UTC().Format(time.DateOnly), p.Chain[0].NotAfter.UTC().Format(time.DateOnly))
		}
	case fault.NetworkUntrusted:
		issuer := fmt.Sprintf("%.200s", p.Chain[len(p.Chain)-1].Issuer.String())
		switch {
		case trusts(a.mozilla(), p):
			return fault.New(fault.NetworkOldAuthorities, "the certificate of %s is good, but the CA certificates of this image do not know %s", p.Host, issuer)
		case p.Public:
			return fault.New(fault.NetworkIntercepted, "the certificate presented for %s was issued by %s, which is no public authority", p.Host, issuer)
		}
	}
	return failed
}

// Fault is why the certificates of host are not accepted, as far as a connection
// knows it.
func Fault(host string, failed *tls.CertificateVerificationError) *fault.Error {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	issuer := "unknown"
	if chain := failed.UnverifiedCertificates; len(chain) > 0 {
		issuer = chain[0].Issuer.String()
	}
	switch {
	case errors.As(failed.Err, &name):
		return fault.New(fault.NetworkCertificateName, "the certificate presented is not for %s (issuer: %.200s)", host, issuer)
	case errors.As(failed.Err, &invalid) && invalid.Reason == x509.Expired:
		return fault.New(fault.NetworkCertificateDate, "the certificate of %s is valid from %s to %s, and here it is %s", host,
			invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly), time.Now().UTC().Format(time.DateTime))
	case errors.As(failed.Err, &invalid):
		return fault.New(fault.NetworkUntrusted, "the certificate of %s is unfit: %s (issuer: %.200s)", host,
			strings.TrimPrefix(invalid.Error(), "x509: "), issuer)
	}
	const untrusted = "the certificate of %s is signed by an authority that is not trusted here (issuer: %.200s)"
	switch chain := failed.UnverifiedCertificates; {
	case !isAlone(chain):
		return fault.New(fault.NetworkUntrusted, untrusted, host, issuer)
	case selfSigned(chain[0]):
		return fault.New(fault.NetworkSelfSigned, "the certificate of %s is self-signed and not trusted here (issuer: %.200s)", host, issuer)
	}
	return fault.New(fault.NetworkIncomplete, untrusted+", and the server sends no intermediate certificate", host, issuer)
}

func validAt(chain []*x509.Certificate, when time.Time) bool {
	return !slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return when.Before(c.NotBefore) || when.After(c.NotAfter) })
}

func selfSigned(c *x509.Certificate) bool { return string(c.RawIssuer) == string(c.RawSubject) }

// isAlone tells whether a server shows a single certificate that nobody who
// inspects TLS would have made: a device's own, or one that says where its
// issuer's is to be had.
func isAlone(chain []*x509.Certificate) bool {
	return len(chain) == 1 && (selfSigned(chain[0]) || len(chain[0].IssuingCertificateURL) > 0)
}

// mozilla are the roots embedded in this program, which may be newer than the
// image's.
func (a *Authorities) mozilla() *x509.CertPool {
	if a.embedded != nil {
		return a.embedded
	}
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		if certificate, err := x509.ParseCertificate(root.Certificate); err == nil && root.Constraint == nil {
			pool.AddCert(certificate)
		}
	}
	return pool
}

func trusts(roots *x509.CertPool, p Presented) bool {
	options := x509.VerifyOptions{DNSName: p.Host, Intermediates: x509.NewCertPool(), Roots: roots}
	for _, certificate := range p.Chain[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := p.Chain[0].Verify(options)
	return err == nil
}

var (
	basicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	keyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	subjectNames     = asn1.ObjectIdentifier{2, 5, 29, 17}
)

// strictFlaws are what OpenSSL's X509_V_FLAG_X509_STRICT, which Python sets
// since version 3.13, would not accept in a chain from the server's
// certificate to the root, and Go does. A certificate that is its own root is
// taken as it is.
func strictFlaws(chain []*x509.Certificate) []string {
	var flaws []string
	if len(chain) < 2 {
		return nil
	}
	for i, c := range chain {
		name := nameOf(c.Subject.CommonName, c)
		if i+1 < len(chain) && len(c.AuthorityKeyId) == 0 {
			flaws = append(flaws, "the certificate of "+name+" has no authority key identifier")
		}
		if names := find(c, subjectNames); len(c.Subject.Names) == 0 && names != nil && !names.Critical {
			flaws = append(flaws, "the certificate of "+name+" has no subject, and its names are not critical")
		}
		if !c.IsCA && c.KeyUsage&x509.KeyUsageCertSign != 0 {
			flaws = append(flaws, "the certificate of "+name+" may sign others, but is no authority's")
		}
		if !c.IsCA {
			continue
		}
		if len(c.SubjectKeyId) == 0 {
			flaws = append(flaws, "the authority "+name+" has no subject key identifier")
		}
		if extension := find(c, basicConstraints); extension != nil && !extension.Critical {
			flaws = append(flaws, "the basic constraints of the authority "+name+" are not critical")
		}
		if find(c, keyUsage) == nil {
			flaws = append(flaws, "the authority "+name+" has no key usage")
		}
	}
	return flaws
}

func find(c *x509.Certificate, id asn1.ObjectIdentifier) *pkix.Extension {
	for i, extension := range c.Extensions {
		if extension.Id.Equal(id) {
			return &c.Extensions[i]
		}
	}
	return nil
}
