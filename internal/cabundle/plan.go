// Package cabundle makes the files of certificate authorities that the emulator is handed, so that a
// certificate that was mounted into one of the system's folders is trusted by all of it: Python's
// requests has a list of its own, Python's ssl goes by the system's bundle, Node.js by neither.
package cabundle

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/trust"
)

// The variables that name such a file.
const (
	requestsBundle = "REQUESTS_CA_BUNDLE"
	curlBundle     = "CURL_CA_BUNDLE"
	certFile       = "SSL_CERT_FILE"
	nodeExtra      = "NODE_EXTRA_CA_CERTS"
)

// Given is what the user's variables name, empty where they are not set.
type Given struct {
	Requests, Curl, CertFile, NodeExtra string
	// CertFolders are those of SSL_CERT_DIR.
	CertFolders []string
}

// File is what variables of the emulator are to name.
type File struct {
	Variables []string
	Content   []byte
}

// Plan is what the emulator is to be handed.
type Plan struct {
	Files []File
	// Added are the certificates that something of the emulator lacks, and where they are.
	Added    []trust.Anchor
	Warnings []string
}

// patience is how long the lists are waited for. To read and compare them takes milliseconds, but one that the user
// names may be on a disk that does not answer.
const patience = time.Second

// MakePlan looks whether the emulator trusts all certificates in the system's folders. A list that lacks one is
// replaced by a copy with all of them, except one that the user names. Without such certificates there is nothing
// to do.
func MakePlan(root layout.Root, given Given) Plan {
	anchors, warnings := trust.Anchors(root)
	if len(anchors) == 0 {
		return Plan{Warnings: warnings}
	}
	p, err := file.Ask(file.NewVolume(root.At(""), patience), func() (Plan, error) {
		p := Plan{Warnings: warnings}
		p.compare(anchors, root, given)
		return p, nil
	})
	if err != nil {
		return Plan{Warnings: append(warnings, "the emulator may not trust "+Describe(anchors)+": "+err.Error())}
	}
	return p
}

// compare fills the plan.
func (p *Plan) compare(anchors []trust.Anchor, root layout.Root, given Given) {
	system := &list{}
	system.path, system.content = trust.SystemBundle(root)
	requests := user{requestsBundle, given.Requests}
	p.complete(anchors, requestsList(root, given, system), requests, user{curlBundle, given.Curl})
	p.complete(anchors, sslList(given, system), user{certFile, given.CertFile})
	if len(p.Added) > 0 && given.NodeExtra == "" {
		p.Files = append(p.Files, File{[]string{nodeExtra}, encode(certificatesOf(anchors))})
	}
}

// user is a variable of the user's, and what it names.
type user struct{ variable, path string }

// complete adds a file with what a list lacks, for the variables that the user has not set. The first of them is the
// one that counts.
func (p *Plan) complete(anchors []trust.Anchor, l *list, variables ...user) {
	lacking := l.lacks(anchors)
	if len(lacking) == 0 || l.err != nil {
		return
	}
	for _, a := range lacking {
		if !slices.ContainsFunc(p.Added, func(b trust.Anchor) bool { return a.Path == b.Path }) {
			p.Added = append(p.Added, a)
		}
	}
	if first := variables[0]; first.path != "" {
		p.Warnings = append(p.Warnings, fmt.Sprintf(
			"%s=%.200q does not contain %s, which the emulator therefore does not trust: add it, or do not set %[1]s",
			first.variable, first.path, Describe(lacking)))
	}
	f := File{Content: encode(slices.Concat(l.parsed(), certificatesOf(lacking)))}
	for _, v := range variables {
		if v.path == "" {
			f.Variables = append(f.Variables, v.variable)
		}
	}
	if len(f.Variables) > 0 {
		p.Files = append(p.Files, f)
	}
}

func certificatesOf(anchors []trust.Anchor) (certificates [][]byte) {
	for _, a := range anchors {
		certificates = append(certificates, a.Certificate)
	}
	return certificates
}

// encode makes a PEM file.
func encode(certificates [][]byte) []byte {
	var out bytes.Buffer
	for _, certificate := range certificates {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	}
	return out.Bytes()
}

// Describe names certificates and their files, the first few.
func Describe(anchors []trust.Anchor) string {
	const few = 3
	var names []string
	for _, a := range anchors[:min(few, len(anchors))] {
		name := a.Path
		if certificate, err := x509.ParseCertificate(a.Certificate); err == nil {
			name = fmt.Sprintf("%.200s (%s)", certificate.Subject, a.Path)
		}
		names = append(names, name)
	}
	text := strings.Join(names, " and ")
	if more := len(anchors) - few; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
