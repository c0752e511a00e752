package trust

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// Presented is what a server showed of itself in a TLS handshake.
type Presented struct {
	Host string
	// Public is whether the host must have a certificate of a public authority.
	Public  bool
	Version uint16
	Suite   uint16
	Chain   []*x509.Certificate
}

// evidence is the chain as presented, a line for each certificate.
func (p Presented) evidence() []string {
	lines := []string{tls.VersionName(p.Version) + ", " + tls.CipherSuiteName(p.Suite)}
	for i, c := range p.Chain {
		lines = append(lines, fmt.Sprintf("%d. %s, issued by %s, %s", i+1,
			nameOf(c.Subject.String(), c), nameOf(c.Issuer.String(), nil), validity(c)))
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

func day(when time.Time) string { return when.UTC().Format(time.DateOnly) }

func validity(c *x509.Certificate) string {
	return "valid from " + day(c.NotBefore) + " to " + day(c.NotAfter)
}
