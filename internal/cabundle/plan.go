// Package cabundle makes the files of certificate authorities that the emulator is handed, so that a
// certificate which somebody mounted into one of the system's folders is trusted by all of it: Python's
// requests has a list of its own, Python's ssl goes by the system's bundle, Node.js by neither.
package cabundle

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

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

// File is what variables of the emulator are to name: a file that is there, or one to be written.
type File struct {
	Variables []string
	Path      string
	Content   []byte
}

// Plan is what the emulator is to be handed.
type Plan struct {
	Files []File
	// Added are the certificates that something of the emulator lacks, and where they are.
	Added    []trust.Anchor
	Warnings []string
}

// MakePlan looks whether the emulator trusts all certificates in the system's folders. A list that lacks one is
// replaced by a copy with all of them, except one that the user names. Without such certificates there is nothing
// to do.
func MakePlan(root layout.Root, given Given) (p Plan) {
	anchors, warnings := trust.Anchors(root)
	p.Warnings = warnings
	if len(anchors) == 0 {
		return p
	}
	system := list{}
	system.path, system.certificates = trust.System(root)
	requests := user{requestsBundle, given.Requests}
	p.complete(anchors, requestsList(root, given, system), system, requests, user{curlBundle, given.Curl})
	p.complete(anchors, sslList(given, system), system, user{certFile, given.CertFile})
	if len(p.Added) == 0 || given.NodeExtra != "" {
		return p
	}
	node := File{Variables: []string{nodeExtra}, Path: system.path}
	if len(system.lacks(anchors)) > 0 {
		node.Path, node.Content = "", encode(certificatesOf(anchors))
	}
	p.Files = append(p.Files, node)
	return p
}

// user is a variable of the user's, and what it names.
type user struct{ variable, path string }

// complete adds a file with what a list lacks, for the variables that the user has not set. The first of them is the
// one that counts.
func (p *Plan) complete(anchors []trust.Anchor, l, system list, variables ...user) {
	lacking := l.lacks(anchors)
	if len(lacking) == 0 || l.err != nil { // whoever reads the user's variable has said so
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
	f := File{}
	for _, v := range variables {
		if v.path == "" {
			f.Variables = append(f.Variables, v.variable)
		}
	}
	if len(f.Variables) == 0 {
		return
	}
	if f.Path = system.path; !system.replaces(l) || len(system.lacks(anchors)) > 0 {
		f.Path, f.Content = "", encode(slices.Concat(l.certificates, certificatesOf(lacking)))
	}
	p.Files = append(p.Files, f)
}

// list is whom a part of the emulator trusts.
type list struct {
	path         string
	certificates [][]byte
	// isUsers is whether a variable of the user's names it, err why that cannot be read.
	isUsers bool
	err     error
}

// requestsList is that of Python's requests (get_environ_proxies and merge_environment_settings in its
// sessions.py).
func requestsList(root layout.Root, given Given, system list) list {
	for _, path := range []string{given.Requests, given.Curl} {
		if path != "" {
			certificates, err := trust.Read(path)
			return list{path, certificates, true, err}
		}
	}
	paths, _ := filepath.Glob(root.PythonBundle())
	for _, path := range paths {
		if certificates, err := trust.Read(path); err == nil {
			return list{path: path, certificates: certificates}
		}
	}
	return system
}

// sslList is that of Python's ssl (SSL_CTX_set_default_verify_paths).
func sslList(given Given, system list) list {
	if given.CertFile != "" {
		certificates, err := trust.Read(given.CertFile)
		return list{given.CertFile, certificates, true, err}
	}
	if len(given.CertFolders) == 0 {
		return system
	}
	l := list{isUsers: true}
	for _, folder := range given.CertFolders {
		certificates, _ := trust.Read(folder)
		l.certificates = append(l.certificates, certificates...)
	}
	return l
}

// set is the certificates, to look them up.
func (l list) set() map[string]bool {
	set := make(map[string]bool, len(l.certificates))
	for _, certificate := range l.certificates {
		set[string(certificate)] = true
	}
	return set
}

// lacks are the anchors that the list does not contain.
func (l list) lacks(anchors []trust.Anchor) (lacking []trust.Anchor) {
	set := l.set()
	for _, a := range anchors {
		if !set[string(a.Certificate)] {
			lacking = append(lacking, a)
		}
	}
	return lacking
}

// replaces reports whether the system's list may stand for another that the user has not chosen: it has most of
// its certificates, too, as where update-ca-certificates has added to the public authorities.
func (l list) replaces(other list) bool {
	if other.isUsers || l.path == "" || l.path == other.path {
		return false
	}
	set, shared := l.set(), 0
	for _, certificate := range other.certificates {
		if set[string(certificate)] {
			shared++
		}
	}
	return 2*shared > len(other.certificates)
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
