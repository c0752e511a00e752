// Package trust knows the certificate authorities that a server may be vouched
// for by, and says what is wrong with a certificate.
package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"localstack-entrypoint/internal/file"
)

// systemBundles is where distributions keep their roots; the first that
// exists is theirs. Go's own loader would take SSL_CERT_FILE instead of these.
var systemBundles = []string{
	"etc/ssl/certs/ca-certificates.crt",
	"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"etc/pki/tls/certs/ca-bundle.crt",
	"etc/ssl/ca-bundle.pem",
	"etc/ssl/cert.pem",
}

// maxBundle bounds a file of certificates, in bytes; those of distributions
// have up to half a MiB.
const maxBundle = 16 << 20

// Authorities are the certificate authorities to trust: those that the
// environment names, and the system's, or Mozilla's as embedded in this program
// where the system has none.
type Authorities struct {
	root  string
	named []pemFile
	// embedded stands in for Mozilla's roots in tests.
	embedded *x509.CertPool
}

// pemFile is a file of certificates that the environment names.
type pemFile struct {
	variable string
	content  []byte
}

// Bundle is a file of certificates, or a folder of such files, that the
// environment names.
type Bundle struct{ Variable, Path string }

// Load reads bundles. The warnings name the variables that could not be used.
// The system's authorities are those below root ("" for the system's own).
func Load(bundles []Bundle, root string) (a *Authorities, warnings []string) {
	a = &Authorities{root: root}
	read := map[string]bool{"": true}
	for _, b := range bundles {
		if read[b.Path] {
			continue // often one file under several names
		}
		read[b.Path] = true
		if err := a.add(b.Variable, b.Path); err != nil {
			warnings = append(warnings, fmt.Sprintf("%s=%.200q is ignored: %v", b.Variable, b.Path, err))
		}
	}
	return a, warnings
}

// Verify checks what host presented as crypto/tls does with a pool of all
// authorities; but to parse them all would cost every start milliseconds, for
// the one that matters.
func (a *Authorities) Verify(presented []*x509.Certificate, host string) error {
	_, err := a.chains(presented, host)
	return err
}

// chains are the ways from what host presented to an authority.
func (a *Authorities) chains(presented []*x509.Certificate, host string) ([][]*x509.Certificate, error) {
	options := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool()}
	for _, certificate := range presented[1:] {
		options.Intermediates.AddCert(certificate)
	}
	options.Roots = a.pool(func(encoded []byte) bool {
		return slices.ContainsFunc(presented, func(c *x509.Certificate) bool {
			return bytes.Contains(encoded, c.RawIssuer) || bytes.Contains(encoded, c.RawSubject)
		})
	})
	chains, err := presented[0].Verify(options)
	if err != nil {
		return nil, &tls.CertificateVerificationError{UnverifiedCertificates: presented, Err: err}
	}
	return chains, nil
}

// Inventory says of each variable whose authorities it names, of the first few.
func (a *Authorities) Inventory() []string {
	const few = 3
	names := map[string][]string{}
	var variables []string
	for _, file := range a.named {
		if names[file.variable] == nil {
			variables = append(variables, file.variable)
		}
		eachIn(file.content, func(root bundle.Root) {
			name := "one that cannot be read"
			if certificate, err := x509.ParseCertificate(root.Certificate); err == nil {
				name = nameOf(certificate.Subject.String(), certificate)
			}
			names[file.variable] = append(names[file.variable], name)
		})
	}
	var lines []string
	for _, variable := range variables {
		all := names[variable]
		text := variable + " holds " + strings.Join(all[:min(len(all), few)], " and ")
		if more := len(all) - few; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, text+", not this issuer")
	}
	return lines
}

// Pool holds all authorities.
func (a *Authorities) Pool() *x509.CertPool { return a.pool(func([]byte) bool { return true }) }

// pool holds the authorities that are wanted, judged by their encoding.
func (a *Authorities) pool(wanted func(encoded []byte) bool) *x509.CertPool {
	pool := x509.NewCertPool()
	a.each(func(root bundle.Root) {
		if !wanted(root.Certificate) {
			return
		}
		certificate, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil:
		case root.Constraint != nil:
			pool.AddCertWithConstraint(certificate, root.Constraint)
		default:
			pool.AddCert(certificate)
		}
	})
	return pool
}

func (a *Authorities) each(visit func(bundle.Root)) {
	for _, file := range a.named {
		eachIn(file.content, visit)
	}
	for _, name := range systemBundles {
		content, err := file.ReadUpTo(filepath.Join("/", a.root, name), maxBundle)
		if err == nil && eachIn(content, visit) {
			return
		}
	}
	for root := range bundle.Roots() {
		visit(root)
	}
}

// eachIn visits the certificates of a PEM file and reports whether there is one
// that makes sense. It does not parse more of them than it takes to tell.
func eachIn(content []byte, visit func(bundle.Root)) (found bool) {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
			continue
		}
		visit(bundle.Root{Certificate: block.Bytes})
		if !found {
			_, err := x509.ParseCertificate(block.Bytes)
			found = err == nil
		}
	}
	return found
}

// add adds the PEM file at path, or the PEM files in the folder there. The
// error says why there are none, without the path.
func (a *Authorities) add(variable, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return file.Cause(err)
	}
	if !info.IsDir() {
		return a.addFile(variable, path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return file.Cause(err)
	}
	before := len(a.named)
	for _, entry := range entries {
		_ = a.addFile(variable, filepath.Join(path, entry.Name())) // folders of certificates hold other things, too
	}
	if len(a.named) == before {
		return errors.New("the folder holds no PEM certificate")
	}
	return nil
}

func (a *Authorities) addFile(variable, path string) error {
	content, err := file.ReadUpTo(path, maxBundle)
	if err != nil {
		return err
	}
	if !eachIn(content, func(bundle.Root) {}) {
		return errors.New("it holds no PEM certificate")
	}
	a.named = append(a.named, pemFile{variable, content})
	return nil
}
