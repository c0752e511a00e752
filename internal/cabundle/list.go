package cabundle

import (
	"bytes"
	"path/filepath"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/trust"
)

// list is the certificate authorities that a part of the emulator trusts.
type list struct {
	path string
	// content is that of the file, certificates what is in it, once it was parsed.
	content      []byte
	certificates [][]byte
	// isUsers is whether a variable of the user's names it, err why that cannot be read.
	isUsers bool
	err     error
}

// requestsList is that of Python's requests (Session.merge_environment_settings in its sessions.py).
func requestsList(root layout.Root, given Given, system *list) *list {
	for _, path := range []string{given.Requests, given.Curl} {
		if path != "" {
			return usersList(path, system)
		}
	}
	paths, _ := filepath.Glob(root.PythonBundle())
	for _, path := range paths {
		if l := readList(path); l.err == nil {
			return l
		}
	}
	return system
}

// sslList is that of Python's ssl (SSL_CTX_set_default_verify_paths).
func sslList(given Given, system *list) *list {
	if given.CertFile != "" {
		return usersList(given.CertFile, system)
	}
	if len(given.CertFolders) == 0 {
		return system
	}
	l := &list{isUsers: true}
	for _, folder := range given.CertFolders {
		certificates, _ := trust.ReadFolder(folder)
		l.certificates = append(l.certificates, certificates...)
	}
	return l
}

// usersList is a file or a folder that the user names. Its reader reports what is wrong with it; here
// it is then left unchanged.
func usersList(path string, system *list) *list {
	if path == system.path {
		return &list{path: path, content: system.content, isUsers: true}
	}
	l := readList(path)
	l.isUsers = true
	if l.err != nil {
		l.certificates, l.err = trust.ReadFolder(path)
	}
	return l
}

func readList(path string) *list {
	content, err := file.ReadUpTo(path, trust.MaxBundle)
	return &list{path: path, content: content, err: err}
}

// parsed are its certificates. Of a damaged file that the user did not choose, those that can be read go on.
func (l *list) parsed() [][]byte {
	if l.certificates == nil && l.content != nil {
		certificates, err := trust.Parse(l.content)
		if l.certificates = certificates; l.isUsers {
			l.err = err
		}
	}
	return l.certificates
}

// set is its certificates, to look them up.
func (l *list) set() map[string]bool {
	set := make(map[string]bool, len(l.parsed()))
	for _, certificate := range l.certificates {
		set[string(certificate)] = true
	}
	return set
}

// lacks are the anchors that it does not contain. Most often it contains all of them as they are, which is
// seen without taking it apart.
func (l *list) lacks(anchors []trust.Anchor) (lacking []trust.Anchor) {
	for _, a := range anchors {
		if !l.shows(a) {
			lacking = append(lacking, a)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	anchors, lacking = lacking, nil
	set := l.set()
	for _, a := range anchors {
		if !set[string(a.Certificate)] {
			lacking = append(lacking, a)
		}
	}
	return lacking
}

// shows reports whether the text of a certificate stands in the file, with its lines. It looks for a piece of the
// signature, which is in no other, and short enough for a fast search.
func (l *list) shows(a trust.Anchor) bool {
	text := encode([][]byte{a.Certificate})
	const size = 48
	from := len(text) / 4 * 3
	if from+size > len(text) {
		return false
	}
	begin := bytes.Index(l.content, text[from:from+size]) - from
	return begin >= 0 && bytes.HasPrefix(l.content[begin:], text) && (begin == 0 || l.content[begin-1] == '\n')
}
