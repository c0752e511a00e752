package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
)

// Fault is why the certificates of host are not accepted, as far as a connection can tell.
func Fault(host string, failed *tls.CertificateVerificationError) *fault.Error {
	chain, issuer := failed.UnverifiedCertificates, "unknown"
	if len(chain) > 0 {
		issuer = chain[0].Issuer.String()
	}
	fail := func(id fault.ID, detail string) *fault.Error {
		return fault.New(id, "the certificate %s (issuer: %.200s)", detail, issuer)
	}
	name, isName := errors.AsType[x509.HostnameError](failed.Err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](failed.Err)
	switch {
	case isName:
		return fail(fault.NetworkCertificateName, "is not valid for "+name.Host+hostsOf(name.Certificate))
	case isInvalid && invalid.Reason == x509.Expired:
		return fault.New(fault.NetworkCertificateDate, "the certificate of %s is %s, but the local time is %s",
			host, validity(invalid.Cert), time.Now().UTC().Format(time.DateTime))
	case isInvalid:
		return fail(fault.NetworkUntrusted, "of "+host+" is invalid: "+strings.TrimPrefix(invalid.Error(), "x509: "))
	case !isAlone(chain):
		return fail(fault.NetworkUntrusted, "of "+host+" is signed by an untrusted authority")
	case selfSigned(chain[0]):
		return fail(fault.NetworkSelfSigned, "of "+host+" is self-signed and not trusted")
	}
	return fault.New(fault.NetworkIncomplete, "the certificate of %s is signed by an untrusted authority"+
		" (issuer: %.200s), and the server sends no intermediate certificate", host, issuer)
}

// isAlone reports whether a server shows a single certificate that nobody who inspects TLS would have
// made: a device's own, or one that says where its issuer's can be fetched.
func isAlone(chain []*x509.Certificate) bool {
	return len(chain) == 1 && (selfSigned(chain[0]) || len(chain[0].IssuingCertificateURL) > 0)
}

func selfSigned(c *x509.Certificate) bool { return string(c.RawIssuer) == string(c.RawSubject) }

// diagnose says why certificates are not accepted, as exactly as can be known.
func (a *Authorities) diagnose(p Presented, err error, serverTime time.Time) *fault.Error {
	verification, _ := errors.AsType[*tls.CertificateVerificationError](err)
	failed := Fault(p.Host, verification)
	issuer := p.Chain[len(p.Chain)-1].Issuer.String()
	_, notMozillas := verify(p.Chain, p.Host, a.embedded)
	switch {
	case failed.ID == fault.NetworkCertificateDate && !serverTime.IsZero() && validAt(p.Chain, serverTime):
		return fault.New(fault.ClockSkew, "the local time is %s, but that of %s is %s; its certificate is %s",
			time.Now().UTC().Format(time.RFC3339), p.Host, serverTime.UTC().Format(time.RFC3339), validity(p.Chain[0]))
	case failed.ID == fault.NetworkUntrusted && notMozillas == nil:
		return fault.New(fault.NetworkOldAuthorities,
			"the certificate of %s is valid, but the CA certificates of this image do not include %.200s", p.Host, issuer)
	case failed.ID == fault.NetworkUntrusted && p.Public:
		failed = fault.New(fault.NetworkIntercepted,
			"the certificate presented for %s was issued by %.200s, which is not a public authority", p.Host, issuer)
	case failed.ID != fault.NetworkUntrusted && failed.ID != fault.NetworkSelfSigned:
		return failed
	}
	// Who has followed the remedy needs to know why it did not help.
	return failed.With(fault.Facts{Remarks: slices.Concat(a.inventory(p.Chain[len(p.Chain)-1]), a.warnings)})
}

func validAt(chain []*x509.Certificate, when time.Time) bool {
	return !slices.ContainsFunc(chain, func(c *x509.Certificate) bool {
		return when.Before(c.NotBefore) || when.After(c.NotAfter)
	})
}
