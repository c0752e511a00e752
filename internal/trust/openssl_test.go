package trust

import (
	"bufio"
	"bytes"
	cryptorand "crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// verdicts has Python's ssl load each file that it is told of, as create_default_context(cafile=…) and requests do.
const verdicts = `
import json, ssl, sys
for line in sys.stdin:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=line.rstrip("\n"))
        answer = {"certificates": context.cert_store_stats()["x509"]}
    except Exception as error:
        answer = {"error": type(error).__name__ + ": " + str(error)}
    print(json.dumps(answer), flush=True)
`

// verdict is what OpenSSL makes of a file.
type verdict struct {
	Certificates int
	Error        string
}

// pythonSSL is a running Python with OpenSSL.
type pythonSSL struct {
	ask    func(path string)
	answer *bufio.Scanner
	dir    string
}

func startPython(t testing.TB) *pythonSSL {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 here")
	}
	command := exec.CommandContext(t.Context(), path, "-c", verdicts)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = command.Wait()
	})
	return &pythonSSL{func(path string) { fmt.Fprintln(in, path) }, bufio.NewScanner(out), t.TempDir()}
}

func (p *pythonSSL) load(t testing.TB, content []byte) (v verdict) {
	t.Helper()
	path := filepath.Join(p.dir, "bundle")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	p.ask(path)
	if !p.answer.Scan() {
		t.Fatal("Python has ended")
	}
	if err := json.Unmarshal(p.answer.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// disagreement compares what we read with what OpenSSL reads, and returns that.
func disagreement(t testing.TB, p *pythonSSL, content []byte) (theirs verdict, says string) {
	t.Helper()
	theirs = p.load(t, content)
	ours, known := parse(slices.Clone(content)), 0
	for b := range blocksIn(slices.Clone(content)) {
		if b.flaw == "" && (b.certificate != nil || b.label == labelTrusted || b.label == labelRevocations) {
			known++
		}
	}
	slices.SortFunc(ours.certificates, slices.Compare)
	certificates := len(slices.CompactFunc(ours.certificates, slices.Equal))
	isRefused := ours.isRefused || known == 0
	if isRefused != (theirs.Error != "") || !isRefused && certificates > theirs.Certificates {
		says = fmt.Sprintf("we say %q, %d certificates; OpenSSL %+v:\n%.4000s", ours.damage, certificates, theirs, content)
	}
	return theirs, says
}

// armor returns a PEM block.
func armor(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func TestFilesAreReadAsOpenSSLReadsThem(t *testing.T) {
	t.Parallel()
	p := startPython(t)
	one, two := testkit.NewAuthority(t, "One"), testkit.NewAuthority(t, "Two")
	first, second := one.PEM, two.PEM
	lines := strings.SplitAfter(first, "\n")
	last := strconv.Itoa(len(lines) - 1) // of the first
	inside := func(line string) string {
		return strings.Join(lines[:3], "") + line + strings.Join(lines[3:], "")
	}
	joined := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(first, lines[0]), lines[len(lines)-2]), "\n", "")
	for name, c := range map[string]struct {
		content string
		read    int    // certificates that OpenSSL reads; -1: it refuses
		says    string // about the damage
	}{
		"plain":                    {first, 1, ""},
		"two":                      {first + second, 2, ""},
		"one twice":                {first + first, 1, ""},
		"old label":                {armor(labelOldCertificate, one.Certificate.Raw), 1, ""},
		"trusted":                  {armor(labelTrusted, one.Certificate.Raw), 1, ""},
		"comments around":          {"# a comment\nsubject: CN=One\n\n" + first + "text\n\n\n" + second + "# end", 2, ""},
		"a commented one":          {"# " + strings.ReplaceAll(first, "\n", "\n# ") + "\n" + second, 1, ""},
		"CRLF":                     {strings.ReplaceAll(first, "\n", "\r\n"), 1, ""},
		"no final newline":         {strings.TrimSpace(first), 1, ""},
		"blanks at the ends":       {strings.ReplaceAll(first, "\n", " \t \n"), 1, ""},
		"indented content":         {lines[0] + "  " + strings.Join(lines[1:], ""), 1, ""},
		"byte order mark":          {"\xef\xbb\xbf" + first, 1, ""},
		"a mark before the second": {first + "\xef\xbb\xbf" + second, 2, ""},
		"content in one line":      {lines[0] + joined + "\n" + lines[len(lines)-2], 1, ""},
		"an empty line at first":   {lines[0] + "\n" + strings.Join(lines[1:], ""), 1, ""},
		"with a private key":       {first + keyOf(t, one), 1, ""},
		"with a list of revoked":   {first + revocationsOf(t, one), 1, ""},
		"with a damaged key":       {first + armor("PRIVATE KEY", []byte{0x30, 0}), -1, "its content is damaged"},
		"with parameters":          {armor("DH PARAMETERS", []byte{0x30, 0}) + first, 1, ""},
		"with an unknown block":    {armor("SOMETHING", []byte{1, 2, 3}) + first, 1, ""},
		"followed by other DER":    {armor(labelCertificate, append(slices.Clone(one.Certificate.Raw), 1, 2, 3)), 1, ""},

		"an empty line inside": {inside("\n"), -1, "line 4, of what begins in line 1: there is an empty line in it"},
		"a word inside":        {inside("<<<<<<< HEAD\n"), -1, "line 4, of what begins in line 1: the line is not base64"},
		"a letter less":        {strings.Replace(first, "I", "", 1), -1, ""},
		"glued together": {strings.TrimSpace(first) + second, -1,
			"line " + last + ", of what begins in line 1: its END line and the next BEGIN line are joined; 2 of 2 "},
		"cut off":     {first + second[:200], -1, "it has no line -----END CERTIFICATE-----"},
		"cut content": {first + lines[0] + lines[1] + lines[len(lines)-2], -1, "its content is damaged"},
		"other END":   {strings.Replace(first, "END CERT", "END X509 CERT", 1), -1, "its END line is not exactly"},
		"empty block": {lines[0] + lines[len(lines)-2] + second, -1, "it is empty"},
		"encrypted": {lines[0] + "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + strings.Join(lines[1:], ""),
			-1, ""},
		"without END": {strings.Join(lines[:len(lines)-2], "") + second, 1,
			"line " + last + ": the certificate before it has no END line; 1 of 2 certificates can be read"},
		"an indented one": {first + "  " + second, 1, "its BEGIN line is not exactly -----BEGIN CERTIFICATE-----"},
		"a word before":   {first + "ca: " + second, 1, "its BEGIN line is not exactly"},
		"four dashes":     {first + second[1:], 1, "its BEGIN line is not exactly"},
		"empty":           {"", -1, ""},
		"text":            {"certificates\n", -1, ""},
		"a zero byte":     {"\x00" + first, -1, ""},
	} {
		theirs, differs := disagreement(t, p, []byte(c.content))
		if differs != "" {
			t.Errorf("%s: %s", name, differs)
		}
		if read := theirs.Certificates; theirs.Error == "" && read != c.read || (theirs.Error != "") != (c.read < 0) {
			t.Errorf("%s: OpenSSL says %+v, want %d", name, theirs, c.read)
		}
		says := parse([]byte(c.content)).damage
		if !strings.Contains(says, c.says) || c.says == "" && c.read > 0 && says != "" {
			t.Errorf("%s: we say %q, want %q", name, says, c.says)
		}
	}
}

// withSettings is a trusted certificate with these settings.
func withSettings(a *testkit.Authority, settings []byte) []byte {
	return append(slices.Clone(a.Certificate.Raw), settings...)
}

func keyOf(t *testing.T, a *testkit.Authority) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.Key)
	if err != nil {
		t.Fatal(err)
	}
	return armor("PRIVATE KEY", der)
}

func revocationsOf(t *testing.T, a *testkit.Authority) string {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}
	issuer := *a.Certificate
	issuer.KeyUsage |= x509.KeyUsageCRLSign
	der, err := x509.CreateRevocationList(cryptorand.Reader, list, &issuer, a.Key)
	if err != nil {
		t.Fatal(err)
	}
	return armor(labelRevocations, der)
}

// Whatever becomes of a file, we must know whether OpenSSL refuses it.
func TestDamagedFilesAreRefusedAsOpenSSLDoes(t *testing.T) {
	t.Parallel()
	p := startPython(t)
	one, two := testkit.NewAuthority(t, "One"), testkit.NewAuthority(t, "Two")
	bundle := one.PEM + "# a comment\n" + armor(labelTrusted, withSettings(one, []byte{tagSequence, 0})) +
		two.PEM + revocationsOf(t, two)
	pieces := []string{
		"\n", "-", "-----", "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-----BEGIN X509 CRL-----\n",
		" ", "=", ":", "\r", "\x00", byteOrderMark, "\xa0", "A", "Proc-Type: 4,ENCRYPTED\n", strings.Repeat("A", 300),
	}
	letters := []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
	var differences []string
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		content := []byte(bundle)
		for range 1 + random.IntN(3) {
			at := random.IntN(len(content) + 1)
			piece := pieces[random.IntN(len(pieces))]
			switch end := min(len(content), at+random.IntN(80)); random.IntN(5) {
			case 0:
				content = slices.Delete(content, at, end)
			case 1:
				content = slices.Insert(content, at, []byte(piece)...)
			case 2:
				content = slices.Replace(content, at, end, []byte(piece)...)
			case 3:
				content = slices.Insert(content, at, slices.Clone(content[at:end])...)
			case 4:
				content = slices.Replace(content, max(0, at-1), at, letters[random.IntN(len(letters))])
			}
		}
		if _, differs := disagreement(t, p, content); differs != "" {
			differences = append(differences, differs)
		}
	}
	// We check ASN.1 less than OpenSSL does: of 30,000 files, one differs.
	if len(differences) > 2 {
		t.Errorf("%d of 2000 files differ:\n%s", len(differences), strings.Join(differences, "\n"))
	}
}

// A file may be large, and made so that reading it takes long.
func TestLargeFilesAreReadInTime(t *testing.T) {
	t.Parallel()
	plain := testkit.NewAuthority(t, "One").PEM
	for name, piece := range map[string]string{
		"blocks without an end": "-----BEGIN CERTIFICATE-----\nAAAA\n", "certificates": plain,
		"lines that announce one": " -----BEGIN CERTIFICATE-----\n", "empty lines": "\n",
		"one line": "-----BEGIN ", "zeros": "\x00",
	} {
		content := []byte(plain + strings.Repeat(piece, MaxBundle/4/len(piece)))
		began := time.Now()
		if l := parse(content); len(l.certificates) == 0 {
			t.Errorf("%s: %s", name, l.damage)
		}
		if took := time.Since(began); took > testkit.Soon {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add([]byte("-----BEGIN TRUSTED CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		last := 0
		for b := range blocksIn(slices.Clone(content)) {
			isFlawed := b.flaw != "" && b.at < b.line
			if b.line < 1 || b.at > bytes.Count(content, []byte("\n"))+1 || isFlawed {
				t.Errorf("%+v after line %d", b, last)
			}
			last = b.line
		}
		_ = formOf(content)
		_, _ = certificateIn(content, true)
	})
}
