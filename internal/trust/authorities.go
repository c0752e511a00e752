// Package trust knows the certificate authorities that can vouch for a server, and says what is wrong
// with a certificate.
package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"iter"
	"slices"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

// Authorities are the certificate authorities to trust: those that the environment names, and the
// system's, or Mozilla's as embedded in this program where the system has none.
type Authorities struct {
	root     layout.Root
	loaded   []loaded
	warnings []string
	// embedded are Mozilla's, but in tests.
	embedded certificates
}

// certificates are encoded certificates, some with a constraint.
type certificates = iter.Seq[bundle.Root]

// Load reads bundles, to trust them beside the system's. The warnings are sentences about what is wrong with
// them, here or for the emulator.
func Load(bundles []Bundle, root layout.Root) (a *Authorities, warnings []string) {
	a = &Authorities{root: root, embedded: bundle.Roots()}
	known := map[string]bool{"": true}
	namesRequests := slices.ContainsFunc(bundles, func(b Bundle) bool {
		return b.Variable == requestsBundle && b.Path != ""
	})
	for _, b := range bundles {
		b.isUnread = b.Variable == curlBundle && namesRequests
		if known[b.Path] {
			continue // often one file under several names
		}
		known[b.Path] = true
		l, warnings := b.loadInTime()
		a.warnings = append(a.warnings, warnings...)
		if len(l.certificates) > 0 {
			a.loaded = append(a.loaded, l)
		}
	}
	return a, a.warnings
}

// certificatesIn are those of a PEM file that may vouch for servers.
func certificatesIn(content []byte) certificates {
	return func(yield func(bundle.Root) bool) {
		for b := range blocksIn(content) {
			if b.certificate != nil && !yield(bundle.Root{Certificate: b.certificate}) {
				return
			}
		}
	}
}

// all are these certificates.
func all(encoded [][]byte) certificates {
	return func(yield func(bundle.Root) bool) {
		for _, certificate := range encoded {
			if !yield(bundle.Root{Certificate: certificate}) {
				return
			}
		}
	}
}

// isBundle reports whether a PEM file holds a certificate that can be read. It does not parse more of
// them than it takes to tell.
func isBundle(content []byte) bool {
	for root := range certificatesIn(content) {
		if _, err := x509.ParseCertificate(root.Certificate); err == nil {
			return true
		}
	}
	return false
}

// sources are the places of authorities.
func (a *Authorities) sources() (sources []certificates) {
	for _, b := range a.loaded {
		sources = append(sources, all(b.certificates))
	}
	for _, path := range a.root.CertificateBundles() {
		if content, err := file.ReadUpTo(path, maxBundle); err == nil && isBundle(content) {
			return append(sources, certificatesIn(content))
		}
	}
	return append(sources, a.embedded)
}

// Verify checks what host presented as crypto/tls does.
func (a *Authorities) Verify(presented []*x509.Certificate, host string) error {
	_, err := verify(presented, host, a.sources()...)
	return err
}

// verify returns the ways from what host presented to an authority. A pool of all authorities would cost
// every start milliseconds to parse them, for the one that matters.
func verify(presented []*x509.Certificate, host string, sources ...certificates) ([][]*x509.Certificate, error) {
	options := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool(), Roots: x509.NewCertPool()}
	for _, certificate := range presented[1:] {
		options.Intermediates.AddCert(certificate)
	}
	for _, source := range sources {
		for root := range source {
			matters := slices.ContainsFunc(presented, func(c *x509.Certificate) bool {
				return bytes.Contains(root.Certificate, c.RawIssuer) || bytes.Contains(root.Certificate, c.RawSubject)
			})
			if !matters {
				continue
			}
			if certificate, err := x509.ParseCertificate(root.Certificate); err == nil && root.Constraint != nil {
				options.Roots.AddCertWithConstraint(certificate, root.Constraint)
			} else if err == nil {
				options.Roots.AddCert(certificate)
			}
		}
	}
	chains, err := presented[0].Verify(options)
	if err != nil {
		return nil, &tls.CertificateVerificationError{UnverifiedCertificates: presented, Err: err}
	}
	return chains, nil
}

// inventory says of each bundle whose authorities it holds, of the first few.
func (a *Authorities) inventory() (lines []string) {
	for _, b := range a.loaded {
		var names []string
		for _, encoded := range b.certificates {
			name := "an unreadable certificate"
			if certificate, err := x509.ParseCertificate(encoded); err == nil {
				name = nameOf(certificate.Subject.String(), certificate)
			}
			names = append(names, name)
		}
		lines = append(lines, b.name+" contains "+some(names, "and")+", but not this issuer")
	}
	return lines
}
