package trust

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"localstack-entrypoint/internal/file"
)

const (
	// MaxBundle bounds a file of certificates, and a folder of them, in bytes; those of distributions have
	// up to half a MiB.
	MaxBundle = 16 << 20
	// maxFiles bounds the files of a folder that are read.
	maxFiles = 10_000
)

// Bundle is a file of certificates, or a folder of such files, that the environment names.
type Bundle struct {
	Variable, Path string
	// isUnread is whether the emulator's Python goes by another variable.
	isUnread bool
}

// IsFolder reports whether the variable is one for folders.
func (b Bundle) IsFolder() bool { return b.Variable == certDir }

// IsPath reports whether the variable has a path, as it should. What it has else must not be repeated: it may be a key.
func (b Bundle) IsPath() bool { return b.Path != "" && describeValue(b.Path) == "" }

// loaded is what a file or a folder of certificates holds.
type loaded struct {
	// name is what people call it: a variable, or a path.
	name         string
	certificates [][]byte
	// damage is what is wrong with a file that holds certificates; isRefused whether OpenSSL refuses the
	// whole of it for that.
	damage    string
	isRefused bool
	// unlinked are certificates of a folder that OpenSSL does not find there, by their names.
	unlinked []string
}

// readFile reads a file of certificates. The error says why it cannot be used, without the path.
func readFile(path string) (l loaded, err error) {
	content, err := file.ReadUpTo(path, MaxBundle)
	if err != nil {
		return l, err
	}
	l = parse(content)
	if len(l.certificates) > 0 {
		return l, nil
	}
	return l, errors.New(l.orElse(content, path))
}

// orElse says what a file without a certificate is instead.
func (l loaded) orElse(content []byte, path string) string {
	f := formOf(content)
	if f == noPEM && l.damage != "" {
		f.name = l.damage
	}
	return f.advice(path)
}

// parse reads the content of a file of certificates.
func parse(content []byte) (l loaded) {
	flawed, announced := block{}, 0
	for b := range blocksIn(content) {
		if slices.Contains(certificateLabels, b.label) {
			announced++
		}
		if b.certificate != nil {
			l.certificates = append(l.certificates, b.certificate)
		}
		if b.flaw != "" && (flawed.flaw == "" || flawed.isUnseen && !b.isUnseen) {
			flawed = b
		}
	}
	if flawed.flaw == "" {
		return l
	}
	where := fmt.Sprintf("line %d", flawed.at)
	if flawed.at != flawed.line {
		where = fmt.Sprintf("line %d, of what begins in line %d", flawed.at, flawed.line)
	}
	l.isRefused = !flawed.isUnseen
	l.damage = where + ": " + flawed.flaw
	if len(l.certificates) > 0 {
		l.damage += fmt.Sprintf("; %d of %d certificates can be read", len(l.certificates), announced)
	}
	return l
}

// readFolder reads the files of a folder, which holds other things, too.
func readFolder(path string) (l loaded, err error) {
	folder, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return l, file.Cause(err)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(maxFiles)
	if err != nil && !errors.Is(err, io.EOF) {
		return l, file.Cause(err)
	}
	slices.SortFunc(names, func(a, b string) int { // what OpenSSL finds first
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	seen, known, size := map[string]bool{}, map[string]bool{}, 0
	for _, name := range names {
		content, err := file.ReadUpTo(filepath.Join(path, name), MaxBundle)
		if size += len(content); err != nil || size > MaxBundle || seen[string(content)] {
			continue
		}
		seen[string(content)] = true // most are there twice, as a file and as a link to it
		for b := range blocksIn(content) {
			if b.certificate == nil || known[string(b.certificate)] {
				continue
			}
			known[string(b.certificate)] = true
			l.certificates = append(l.certificates, b.certificate)
			if rank(name) > 0 && !slices.Contains(l.unlinked, name) {
				l.unlinked = append(l.unlinked, name)
			}
		}
	}
	if len(l.certificates) == 0 {
		if err = errors.New("the directory contains no PEM certificate"); len(names) == 0 {
			err = file.ErrEmptyDirectory
		}
	}
	return l, err
}

// rank is 0 for a file with a name by which OpenSSL finds a certificate, the hash of its subject and a number
// (X509_LOOKUP_hash_dir), and 1 for others.
func rank(name string) int {
	hash, number, found := strings.Cut(name, ".")
	if found && len(hash) == 8 && strings.Trim(hash, "0123456789abcdef") == "" &&
		number != "" && strings.Trim(number, "0123456789") == "" {
		return 0
	}
	return 1
}

// Parse returns the certificates in the content of a file. With some of them it may be an error, too: that
// OpenSSL refuses the file.
func Parse(content []byte) (certificates [][]byte, err error) {
	l := parse(content)
	if l.isRefused || len(l.certificates) == 0 {
		err = errors.New(cmp.Or(l.damage, "there is no certificate in it"))
	}
	return l.certificates, err
}

// ReadFolder returns the certificates in the files of a folder.
func ReadFolder(path string) (certificates [][]byte, err error) {
	l, err := readFolder(path)
	return l.certificates, err
}

// load reads what a variable names. The warnings are sentences about it, for the user.
func (b Bundle) load() (l loaded, warnings []string) {
	if what := describeValue(b.Path); what != "" {
		return l, []string{fmt.Sprintf("%s is ignored: it %s instead of a path; write that to a file, and mount it%s",
			b.Variable, what, b.inPython(cannotUse))}
	}
	named := fmt.Sprintf("%s=%.200q", b.Variable, b.Path)
	info, err := os.Stat(b.Path)
	isFolder := err == nil && info.IsDir()
	if isFolder {
		l, err = readFolder(b.Path)
	} else if err == nil {
		l, err = readFile(b.Path)
	}
	l.name = b.Variable
	_, isTooLarge := errors.AsType[file.TooLarge](err)
	switch {
	case isTooLarge:
		return l, []string{named + " is ignored: " + err.Error()} // OpenSSL has no limit
	case err != nil:
		return l, []string{named + " is ignored: " + reason(err) + b.inPython(cannotUse)}
	case l.damage != "" && l.isRefused:
		warnings = append(warnings, named+" is damaged: "+l.damage+b.inPython(refusesAll))
	case l.damage != "":
		warnings = append(warnings, named+" is damaged: "+l.damage+b.inPython(readsAsMany))
	}
	return l, append(warnings, b.misplaced(named, isFolder, l)...)
}

// reason is why something cannot be read.
func reason(err error) string {
	err = file.Cause(err)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Sprintf("%v for uid %d; chmod a+r", err, os.Geteuid())
	}
	return err.Error()
}

// misplaced says that there is a folder in a file's place or the reverse, and which files of a folder OpenSSL does
// not find.
func (b Bundle) misplaced(named string, isFolder bool, l loaded) []string {
	switch {
	case isFolder && b.Variable == certFile:
		return []string{named + " is a directory, which " + python(b.Variable) + " ignores: name it in SSL_CERT_DIR"}
	case !isFolder && b.IsFolder():
		return []string{named + " is a file, which " + python(b.Variable) + " ignores: name it in SSL_CERT_FILE"}
	case isFolder && len(l.unlinked) > 0:
		return []string{fmt.Sprintf("%s: %s does not find %s there, which has no hash link: openssl rehash %s",
			named, python(b.Variable), some(l.unlinked), inShell(b.Path))}
	}
	return nil
}

// Variables of which Python makes different things.
const (
	requestsBundle = "REQUESTS_CA_BUNDLE"
	curlBundle     = "CURL_CA_BUNDLE"
	certFile       = "SSL_CERT_FILE"
	certDir        = "SSL_CERT_DIR"
)

// python is what of the emulator's reads a variable.
func python(variable string) string {
	if variable == certFile || variable == certDir {
		return "the emulator's Python (ssl)"
	}
	return "the emulator's Python (requests)"
}

// effect is what becomes of a file in Python.
type effect int

const (
	cannotUse effect = iota
	refusesAll
	readsAsMany
)

// inPython is what a file means for the emulator, as the end of a sentence.
func (b Bundle) inPython(is effect) string {
	isSilent := b.Variable == certFile || b.Variable == certDir // OpenSSL then trusts what is in other places
	switch {
	case b.isUnread:
		return ""
	case is == readsAsMany:
		return "; " + python(b.Variable) + " reads no more of them"
	case is == refusesAll && isSilent:
		return "; " + python(b.Variable) + " ignores the whole file"
	case is == refusesAll:
		return "; " + python(b.Variable) + " refuses the whole file, and all its HTTPS requests fail"
	case isSilent:
		return "; " + python(b.Variable) + " ignores it, too"
	}
	return "; " + python(b.Variable) + " cannot use it either, and all its HTTPS requests fail"
}

// some are the first few of many.
func some(all []string) string {
	const few = 3
	text := strings.Join(all[:min(len(all), few)], " and ")
	if more := len(all) - few; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
