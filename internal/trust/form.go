package trust

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// form is something that people take for a file of certificates, and that OpenSSL does not.
type form struct {
	// name is as in "it is DER".
	name string
	// command prints the certificates in it. FILE stands for the path.
	command string
}

// converted is the file that commands write.
const converted = "converted.pem"

// Names of forms, as sentences about a file.
const (
	formPKCS7  = "it is PKCS#7, not a certificate"
	formPKCS12 = "it is PKCS#12, not a certificate"
)

// forms are those that begin in a way of their own.
var forms = []struct {
	begins string
	form
}{
	{"\xff\xfe\x00\x00", form{"it is UTF-32 text", "iconv -f UTF-32 -t UTF-8 FILE"}},
	{"\x00\x00\xfe\xff", form{"it is UTF-32 text", "iconv -f UTF-32 -t UTF-8 FILE"}},
	{"\xff\xfe", form{"it is UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"}},
	{"\xfe\xff", form{"it is UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"}},
	{"\xfe\xed\xfe\xed", form{"it is a Java keystore", "keytool -list -rfc -keystore FILE"}},
	{"\xce\xce\xce\xce", form{"it is a Java keystore", "keytool -list -rfc -storetype JCEKS -keystore FILE"}},
	{"\x1f\x8b", form{"it is compressed by gzip", "gunzip < FILE"}},
	{"PK\x03\x04", form{"it is a ZIP archive", "unzip -p FILE"}},
	{"LS0tLS1CRUdJTi", form{"it is PEM that was encoded in base64 again", "base64 -d FILE"}},
	{"<", form{"it is HTML or XML, perhaps a page instead of the download", ""}},
}

// blockForms are those of files whose first block in PEM is of another kind.
var blockForms = map[string]form{
	"PKCS7":                   {"it is PKCS#7", "openssl pkcs7 -print_certs -in FILE"},
	"PKCS #7 SIGNED DATA":     {"it is PKCS#7", "openssl pkcs7 -print_certs -in FILE"},
	"CMS":                     {"it is PKCS#7", "sed 's/ CMS-/ PKCS7-/' FILE | openssl pkcs7 -print_certs"},
	"CERTIFICATE REQUEST":     {"it is a request for a certificate", ""},
	"NEW CERTIFICATE REQUEST": {"it is a request for a certificate", ""},
	labelRevocations:          {"it is a list of revoked certificates", ""},
	labelTrusted:              {"its certificate is not trusted for servers, as OpenSSL's settings in it say", ""},
	"PUBLIC KEY":              {"it is a key without a certificate", ""},
	"OPENSSH PRIVATE KEY":     {"it is a key without a certificate", ""},
	"PGP PUBLIC KEY BLOCK":    {"it is a key without a certificate", ""},
}

// noPEM is anything else.
var noPEM = form{name: "it contains no PEM certificate"}

// formOf is what a file without a certificate is instead.
func formOf(content []byte) form {
	text := bytes.TrimSpace(bytes.TrimPrefix(content, []byte(byteOrderMark)))
	if len(text) == 0 {
		return form{name: "it is empty"}
	}
	for _, f := range forms {
		if bytes.HasPrefix(text, []byte(f.begins)) {
			return f.form
		}
	}
	for _, find := range []func([]byte) form{wideForm, binaryForm, armoredForm} {
		if f := find(content); f.name != "" {
			return f
		}
	}
	if decoded, ok := decode(bytes.Clone(text)); ok && isBase64(text) {
		if f := binaryForm(decoded); f.name != "" {
			return form{f.name + ", in base64 without BEGIN and END lines",
				"base64 -d FILE | " + strings.NewReplacer(" -in FILE", "", "FILE", "/dev/stdin").Replace(f.command)}
		}
	}
	return noPEM
}

// wideForm is what text with two bytes for a letter is, without a mark at its beginning.
func wideForm(content []byte) form {
	begin, zeros := content[:min(len(content), 64)], [2]int{}
	for i, b := range begin {
		if b == 0 {
			zeros[i%2]++
		}
	}
	for i, order := range []string{"BE", "LE"} {
		if zeros[i] > 1 && zeros[i] == len(begin)/2 && zeros[1-i] == 0 {
			return form{"it is UTF-16 text", "iconv -f UTF-16" + order + " -t UTF-8 FILE"}
		}
	}
	return form{}
}

// binaryForm is what DER is.
func binaryForm(der []byte) form {
	if certificate, ok := certificateIn(der, false); ok && certificate != nil {
		return form{"it is a certificate in DER, not PEM", "openssl x509 -inform DER -in FILE"}
	}
	switch name := describeDER(der); name {
	case formPKCS7:
		return form{"it is PKCS#7 in DER, not PEM", "openssl pkcs7 -inform DER -print_certs -in FILE"}
	case formPKCS12:
		return form{"it is PKCS#12, not PEM", "openssl pkcs12 -nokeys -in FILE"}
	}
	return form{}
}

// armoredForm is what text with BEGIN lines is, or with what should be such lines.
func armoredForm(text []byte) form {
	for b := range blocksIn(text) {
		f, known := blockForms[b.label]
		switch {
		case known && !b.isUnseen:
			return f
		case slices.Contains(keyLabels, b.label):
			return form{name: "it is a key without a certificate"}
		case !b.isUnseen:
			return form{}
		}
	}
	before, rest, found := bytes.Cut(text, []byte("-----BEGIN "))
	indentation := before[bytes.LastIndexByte(before, '\n')+1:]
	switch {
	case !found:
		return form{}
	case bytes.Contains(rest, []byte(`-----\n`)):
		return form{`it has \n where its lines should end`, `sed 's/\\r//g; s/\\n/\n/g' FILE`}
	case bytes.Contains(rest, []byte("-----\r")) && !bytes.Contains(rest, []byte("\n")):
		return form{"its line endings are those of old Macs (CR)", `tr '\r' '\n' < FILE`}
	case bytes.Count(rest, []byte("\n")) < 2:
		return form{"it is all in one line", `sed -E 's/-----(BEGIN|END) [^-]*-----/\n&\n/g' FILE`}
	case len(indentation) > 0 && len(bytes.TrimSpace(indentation)) == 0:
		return form{"its lines are indented", `sed 's/^[[:blank:]]*//' FILE`}
	}
	return form{}
}

// advice is what to do about a file of this form.
func (f form) advice(path string) string {
	if f.command == "" {
		return f.name
	}
	return f.name + "; convert it: " + strings.ReplaceAll(f.command, "FILE", inShell(path)) + " > " + converted
}

// inShell is a word as a shell takes it.
func inShell(word string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+=:@%,"
	if strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// longPath is more than the paths of certificates have, in bytes.
const longPath = 255

// describeValue says what a variable holds that is no path, and must not be repeated; empty for a path.
func describeValue(value string) string {
	text := strings.TrimSpace(value)
	switch {
	case strings.Contains(text, "-----BEGIN "):
		return "holds PEM text"
	case strings.HasPrefix(text, "LS0tLS1CRUdJTi"), strings.HasPrefix(text, "MII") && len(text) > longPath:
		return "holds a certificate in base64"
	case strings.Contains(text, "\n"):
		return "holds several lines"
	case len(text) > unix.PathMax-1:
		return "holds too much text"
	case strings.Contains(text, "://"):
		return "holds a URL"
	}
	return ""
}
