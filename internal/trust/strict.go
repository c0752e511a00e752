package trust

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

var (
	basicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	keyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	subjectNames     = asn1.ObjectIdentifier{2, 5, 29, 17}
)

// minRSA is the shortest RSA key, in bits, that OpenSSL's security level 2 takes, which Python sets.
const minRSA = 2048

// strictFlaws are what OpenSSL's X509_V_FLAG_X509_STRICT, which Python sets since version 3.13, would not
// accept in a chain from the server's certificate to the root, and Go does. A certificate that is its own
// root is taken as it is, but for its key.
func strictFlaws(chain []*x509.Certificate) (flaws []string) {
	for _, c := range chain {
		if key, isRSA := c.PublicKey.(*rsa.PublicKey); isRSA && key.N.BitLen() < minRSA {
			flaws = append(flaws, fmt.Sprintf("the RSA key of %s has %d bits, fewer than %d",
				nameOf(c.Subject.CommonName, c), key.N.BitLen(), minRSA))
		}
	}
	if len(chain) < 2 {
		return flaws
	}
	for i, c := range chain {
		name := nameOf(c.Subject.CommonName, c)
		names, constraints := find(c, subjectNames), find(c, basicConstraints)
		isLooseAuthority := c.IsCA && constraints != nil && !constraints.Critical
		isSigner := c.KeyUsage&x509.KeyUsageCertSign != 0
		isNameless := len(c.Subject.Names) == 0 && names != nil && !names.Critical
		for _, rule := range []struct {
			broken bool
			flaw   string
		}{
			{i+1 < len(chain) && len(c.AuthorityKeyId) == 0, "the certificate of %s has no authority key identifier"},
			{isNameless, "the certificate of %s has no subject, and its names are not critical"},
			{isSigner && !c.IsCA, "the certificate of %s may sign certificates, but is not a CA certificate"},
			{c.IsCA && len(c.SubjectKeyId) == 0, "the authority %s has no subject key identifier"},
			{isLooseAuthority, "the basic constraints of the authority %s are not critical"},
			{c.IsCA && find(c, keyUsage) == nil, "the authority %s has no key usage"},
		} {
			if rule.broken {
				flaws = append(flaws, fmt.Sprintf(rule.flaw, name))
			}
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
