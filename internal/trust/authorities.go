// Package trust knows the certificate authorities that can vouch for a server, and says what is wrong
// with a certificate.
package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"sync"

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
	// added are the authorities that were added to the system's, read when they are needed.
	added func() ([]Anchor, []string)
	// embedded are Mozilla's, but in tests.
	embedded certificates
}

// certificates are encoded certificates, some with a constraint.
type certificates = iter.Seq[bundle.Root]

// Load reads bundles, to trust them beside the system's. The warnings are sentences about what is wrong with
// them, here or for the emulator.
func Load(bundles []Bundle, root layout.Root) (a *Authorities, warnings []string) {
	a = &Authorities{root: root, embedded: bundle.Roots()}
	a.added = sync.OnceValues(func() ([]Anchor, []string) { return Anchors(root) })
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
		l, warnings := b.load()
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

// certificatesOf are those of anchors.
func certificatesOf(anchors []Anchor) certificates {
	return func(yield func(bundle.Root) bool) {
		for _, a := range anchors {
			if !yield(bundle.Root{Certificate: a.Certificate}) {
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
	if _, content := SystemBundle(a.root); content != nil {
		return append(sources, certificatesIn(content))
	}
	return append(sources, a.embedded)
}

// SystemBundle returns the path and the content of the system's bundle; nil if there is none.
func SystemBundle(root layout.Root) (path string, content []byte) {
	for _, path := range root.CertificateBundles() {
		if content, err := file.ReadUpTo(path, MaxBundle); err == nil && isBundle(content) {
			return path, content
		}
	}
	return "", nil
}

// systemDamage says what is wrong with the system's bundle. Only the doctor and failed starts ask: the activation
// works with it, and to parse it would cost each start.
func (a *Authorities) systemDamage() []string {
	path, content := SystemBundle(a.root)
	if l := parse(content); l.isRefused {
		return []string{path + " is damaged: " + l.damage + Bundle{Variable: certFile}.inPython(refusesAll)}
	}
	return nil
}

// Verify checks what host presented as crypto/tls does.
func (a *Authorities) Verify(presented []*x509.Certificate, host string) error {
	_, err := a.chains(presented, host)
	return err
}

// chains are the ways from what host presented to an authority. Where the others do not do, be it
// that they know an old certificate of the same authority, those that somebody added to the system's count, too.
func (a *Authorities) chains(presented []*x509.Certificate, host string) ([][]*x509.Certificate, error) {
	chains, err := verify(presented, host, a.sources()...)
	if name := new(x509.HostnameError); err == nil || errors.As(err, name) {
		return chains, err
	}
	anchors, _ := a.added()
	if len(anchors) == 0 {
		return chains, err
	}
	chains, withAnchors := verify(presented, host, append(a.sources(), certificatesOf(anchors))...)
	if unknown := new(x509.UnknownAuthorityError); withAnchors != nil && !errors.As(err, unknown) {
		return nil, err // that of the others says more
	}
	return chains, withAnchors
}

// anchorOf is the file of the added authority at the end of a chain; empty if it has none.
func (a *Authorities) anchorOf(chain []*x509.Certificate) (path string) {
	if _, err := verify(chain, "", a.sources()...); err == nil {
		return ""
	}
	anchors, _ := a.added()
	for _, anchor := range anchors {
		if bytes.Equal(anchor.Certificate, chain[len(chain)-1].Raw) {
			return anchor.Path
		}
	}
	return ""
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

// inventory says of each place whose authorities it holds, of the first few, and whether that of a certificate
// that is not accepted is among them.
func (a *Authorities) inventory(refused *x509.Certificate) (lines []string) {
	for _, b := range a.loaded {
		lines = append(lines, b.name+" contains "+contents(b.certificates, refused))
	}
	anchors, warnings := a.added()
	var certificates [][]byte
	for _, anchor := range anchors {
		certificates = append(certificates, anchor.Certificate)
	}
	if len(anchors) > 0 {
		lines = append(lines, filepath.Dir(anchors[0].Path)+" contains "+contents(certificates, refused))
	}
	return append(lines, warnings...)
}

// contents says whose certificates these are, and whether one of them has signed what a server presents.
func contents(certificates [][]byte, refused *x509.Certificate) string {
	issuer := refused.Issuer.String()
	var names []string
	for _, encoded := range certificates {
		certificate, err := x509.ParseCertificate(encoded)
		if err != nil {
			names = append(names, "an unreadable certificate")
			continue
		}
		name := nameOf(certificate.Subject.String(), certificate)
		switch {
		case name != issuer:
			names = append(names, name)
		case certificate.CheckSignature(refused.SignatureAlgorithm, refused.RawTBSCertificate, refused.Signature) == nil:
			if _, isNoCA := errors.AsType[x509.ConstraintViolationError](refused.CheckSignatureFrom(certificate)); isNoCA {
				return name + ", which has signed it, but is not a CA certificate"
			}
			return name + ", which has signed it"
		default:
			return name + ", but with another key than that of this issuer"
		}
	}
	return some(names) + ", but not this issuer"
}
