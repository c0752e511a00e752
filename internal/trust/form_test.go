package trust

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"localstack-entrypoint/internal/testkit"
)

// sh is what a shell prints.
func sh(t *testing.T, dir, script string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Dir = dir
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// inUTF16 is text in UTF-16, with the high byte first or last.
func inUTF16(text string, highFirst bool) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		if highFirst {
			out = append(out, byte(unit>>8), byte(unit))
		} else {
			out = append(out, byte(unit), byte(unit>>8))
		}
	}
	return string(out)
}

// Whatever people take for a file of certificates is named, and the command that is given makes one of it.
func TestOtherFormsAreNamedAndCanBeConverted(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl here")
	}
	a := testkit.NewAuthority(t, "Corporate CA")
	der := string(a.Certificate.Raw)
	dir := t.TempDir()
	testkit.Put(t, dir, "ca.pem", a.PEM)
	made := func(script string) string { return sh(t, dir, script) }
	testkit.Put(t, dir, "key.pem", keyOf(t, a))
	text, pkcs7 := strings.TrimSpace(a.PEM), made("openssl crl2pkcs7 -nocrl -certfile ca.pem")
	for name, c := range map[string]struct {
		content, says string
		cannot        bool // be converted here
	}{
		"DER":                     {der, "it is a certificate in DER, not PEM", false},
		"UTF-16 with a mark":      {"\xff\xfe" + inUTF16(a.PEM, false), "it is UTF-16 text", false},
		"UTF-16, high byte first": {"\xfe\xff" + inUTF16(a.PEM, true), "it is UTF-16 text", false},
		"UTF-16 without a mark":   {inUTF16(a.PEM, false), "it is UTF-16 text", false},
		"UTF-16BE without a mark": {inUTF16(a.PEM, true), "it is UTF-16 text", false},
		"UTF-16 after a comment":  {inUTF16("Corp CA\r\n"+a.PEM, false), "it is UTF-16 text", false},
		"PKCS#7":                  {made("openssl crl2pkcs7 -nocrl -certfile ca.pem"), "it is PKCS#7", false},
		"PKCS#7 in DER": {made("openssl crl2pkcs7 -nocrl -certfile ca.pem -outform DER"),
			"it is PKCS#7 in DER, not PEM", false},
		"PKCS#7, called CMS": {strings.ReplaceAll(pkcs7, "PKCS7", "CMS"),
			"it is PKCS#7", false},
		"PKCS#7, called certificate": {strings.ReplaceAll(pkcs7, "PKCS7", "CERTIFICATE"),
			"line 1: it is PKCS#7, not a certificate", true},
		"PKCS#12": {made("openssl pkcs12 -export -nokeys -in ca.pem -passout pass:"),
			"it is PKCS#12, not PEM", false},
		"Java keystore": {"\xfe\xed\xfe\xed\x00\x00\x00\x02", "it is a Java keystore", true},
		"base64 without lines": {base64.StdEncoding.EncodeToString([]byte(der)) + "\n",
			"it is a certificate in DER, not PEM, in base64 without BEGIN and END lines", false},
		"PKCS#7 in base64": {made("openssl crl2pkcs7 -nocrl -certfile ca.pem -outform DER | base64"),
			"it is PKCS#7 in DER, not PEM, in base64 without BEGIN and END lines", false},
		"base64 of PEM": {base64.StdEncoding.EncodeToString([]byte(a.PEM)),
			"it is PEM that was encoded in base64 again", false},
		`\n for lines`:     {strings.ReplaceAll(text, "\n", `\n`) + "\n", `it has \n where its lines should end`, false},
		"blanks for lines": {strings.ReplaceAll(text, "\n", " ") + "\n", "it is all in one line", false},
		"no lines at all":  {strings.ReplaceAll(text, "\n", ""), "it is all in one line", false},
		"two, with blanks for lines": {strings.ReplaceAll(text+" "+text, "\n", " ") + "\n",
			"it is all in one line", false},
		"lines of old Macs": {strings.ReplaceAll(a.PEM, "\n", "\r"),
			"its line endings are those of old Macs (CR)", false},
		"indented": {"  ca: |\n    " + strings.ReplaceAll(text, "\n", "\n    "),
			"its lines are indented", false},
		"gzip": {made("gzip < ca.pem"), "it is compressed by gzip", false},
		"a page": {"<!DOCTYPE html><title>Sign in</title>",
			"it is HTML or XML, perhaps a page instead of the download", true},
		"a key":  {keyOf(t, a), "it is a key without a certificate", true},
		"a list": {revocationsOf(t, a), "it is a list of revoked certificates", true},
		"a request": {made("openssl req -new -key key.pem -subj /CN=x"),
			"it is a request for a certificate", true},
		"an authority for clients": {made("openssl x509 -in ca.pem -trustout -addtrust clientAuth"),
			"its certificate is not trusted for servers, as OpenSSL's settings in it say", true},
		"a rejected authority": {made("openssl x509 -in ca.pem -trustout -addreject serverAuth"),
			"its certificate is not trusted for servers, as OpenSSL's settings in it say", true},
		"only a mark": {byteOrderMark, "it is empty", true},
		"blanks":      {" \n\n", "it is empty", true},
		"text":        {"see the wiki\n", "it contains no PEM certificate", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "corp's ca.cer")
			testkit.Put(t, dir, filepath.Base(path), c.content)
			_, err := readFile(path)
			if err == nil {
				t.Fatal("it could be read")
			}
			says, command, converts := strings.Cut(err.Error(), "; convert it: ")
			if says != c.says {
				t.Errorf("got %q, want %q", says, c.says)
			}
			if converts == c.cannot && !strings.Contains(command, "keytool") {
				t.Fatalf("the command is %q", command)
			}
			if c.cannot {
				return
			}
			command = strings.Replace(command, "pkcs12", "pkcs12 -passin pass:", 1)
			sh(t, dir, command)
			got, err := readFile(filepath.Join(dir, converted))
			if err != nil || len(got.certificates) == 0 || string(got.certificates[0]) != der || got.damage != "" {
				t.Errorf("%s made %v, %v", command, got, err)
			}
		})
	}
}

func TestWhatIsNoPathIsNotRepeated(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "Corporate CA")
	for value, want := range map[string]string{
		a.PEM:                                 "holds PEM text",
		strings.ReplaceAll(a.PEM, "\n", `\n`): "holds PEM text",
		keyOf(t, a):                           "holds PEM text",
		"  " + a.PEM:                          "holds PEM text",
		base64.StdEncoding.EncodeToString([]byte(a.PEM)):     "holds a certificate in base64",
		base64.StdEncoding.EncodeToString(a.Certificate.Raw): "holds a certificate in base64",
		"https://ca.example.com/corp.pem":                    "holds a URL",
		"/etc/ssl/a.pem\n/etc/ssl/b.pem":                     "holds several lines",
		strings.Repeat("/etc/ssl/ca.pem:", 400):              "holds too much text",
	} {
		_, warnings := Bundle{Variable: "REQUESTS_CA_BUNDLE", Path: value}.load()
		begins := "REQUESTS_CA_BUNDLE is ignored: it " + want + " instead of a path; "
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], begins) || len(warnings[0]) > 300 {
			t.Errorf("%q", warnings)
		}
	}
}

// A certificate may say what it is trusted for.
func TestTrustSettingsAreOpenSSLs(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl here")
	}
	a := testkit.NewAuthority(t, "Corporate CA")
	dir := t.TempDir()
	testkit.Put(t, dir, "ca.pem", a.PEM)
	for options, isFit := range map[string]bool{
		"": true, "-addtrust serverAuth": true, "-addtrust anyExtendedKeyUsage": true, "-addtrust emailProtection": false,
		"-addreject serverAuth": false, "-addreject emailProtection": true, "-setalias corporate": true,
		"-addtrust serverAuth -addreject clientAuth -setalias corporate": true,
	} {
		text := sh(t, dir, "openssl x509 -trustout -in ca.pem "+options)
		block, _ := pem.Decode([]byte(text))
		certificate, ok := certificateIn(block.Bytes, true)
		if !ok || (certificate != nil) != isFit {
			t.Errorf("%s: %t, %v", options, ok, certificate != nil)
		}
		if isFit {
			if _, err := x509.ParseCertificate(certificate); err != nil {
				t.Errorf("%s: %v", options, err)
			}
		}
	}
}
