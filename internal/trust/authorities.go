// Package trust knows the certificate authorities that can vouch for a server, and says what is wrong
// with a certificate.
package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

// maxBundle bounds a file of certificates, in bytes; those of distributions have up to half a MiB.
const maxBundle = 16 << 20

// Authorities are the certificate authorities to trust: those that the environment names, and the
// system's, or Mozilla's as embedded in this program where the system has none.
type Authorities struct {
	root     layout.Root
	loaded   []loaded
	warnings []string
	// embedded are Mozilla's, but in tests.
	embedded certificates
}

// Bundle is a file of certificates, or a folder of such files, that the environment names.
type Bundle struct{ Variable, Path string }

// loaded is what a bundle holds.
type loaded struct {
	variable string
	content  []byte
}

// certificates are encoded certificates, some with a constraint.
type certificates = iter.Seq[bundle.Root]

// Load reads bundles, to trust them beside the system's. The warnings name the variables that could not
// be used.
func Load(bundles []Bundle, root layout.Root) (a *Authorities, warnings []string) {
	a = &Authorities{root: root, embedded: bundle.Roots()}
	known := map[string]bool{"": true}
	for _, b := range bundles {
		if known[b.Path] {
			continue // often one file under several names
		}
		known[b.Path] = true
		content, err := read(b.Path)
		if err != nil {
			a.warnings = append(a.warnings, fmt.Sprintf("%s=%.200q is ignored: %v", b.Variable, b.Path, err))
			continue
		}
		a.loaded = append(a.loaded, loaded{b.Variable, content})
	}
	return a, a.warnings
}

// read is the content of the PEM file at path, or of those in the folder there. The error says why there
// is none, without the path.
func read(path string) (all []byte, err error) {
	entries, err := os.ReadDir(path)
	if err != nil { // it is no folder
		if all, err = file.ReadUpTo(path, maxBundle); err == nil && !isBundle(all) {
			err = errors.New("it contains no PEM certificate")
		}
		return all, err
	}
	for _, entry := range entries { // folders of certificates hold other things, too
		content, err := file.ReadUpTo(filepath.Join(path, entry.Name()), maxBundle)
		if err == nil && isBundle(content) {
			all = append(append(all, content...), '\n')
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the directory contains no PEM certificate")
	}
	return all, nil
}

// certificatesIn are those of a PEM file.
func certificatesIn(content []byte) certificates {
	return func(yield func(bundle.Root) bool) {
		for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
			isCertificate := block.Type == "CERTIFICATE" && len(block.Headers) == 0
			if isCertificate && !yield(bundle.Root{Certificate: block.Bytes}) {
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
		sources = append(sources, certificatesIn(b.content))
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
	const few = 3
	for _, b := range a.loaded {
		var names []string
		for root := range certificatesIn(b.content) {
			name := "an unreadable certificate"
			if certificate, err := x509.ParseCertificate(root.Certificate); err == nil {
				name = nameOf(certificate.Subject.String(), certificate)
			}
			names = append(names, name)
		}
		text := b.variable + " contains " + strings.Join(names[:min(len(names), few)], " and ")
		if more := len(names) - few; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, text+", but not this issuer")
	}
	return lines
}
