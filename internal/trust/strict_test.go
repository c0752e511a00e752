package trust

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// mold is how a chain of three certificates is made.
type mold struct {
	// root, middle and leaf alter the templates.
	root, middle, leaf func(*x509.Certificate)
	// anonymous makes an issuer's key have no name in what it signs.
	anonymous bool
	// short has the root issue the leaf, alone has the leaf sign itself.
	short, alone bool
}

// constraints is the extension of an authority; without the template's IsCA,
// the library adds no key identifier.
func constraints(critical bool) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid = false, false
		value, _ := asn1.Marshal(struct {
			CA bool
		}{true})
		c.ExtraExtensions = []pkix.Extension{{Id: basicConstraints, Critical: critical, Value: value}}
	}
}

// chain makes certificates, the leaf first.
func (m mold) chain(t *testing.T) []*x509.Certificate {
	t.Helper()
	var chain []*x509.Certificate
	var signer *ecdsa.PrivateKey
	for i, alter := range []func(*x509.Certificate){m.root, m.middle, m.leaf} {
		isLeaf := i == 2
		if i == 1 && m.short || !isLeaf && m.alone {
			continue
		}
		template := &x509.Certificate{
			Subject: pkix.Name{CommonName: []string{"Root", "Middle", host}[i]}, SerialNumber: big.NewInt(int64(i + 1)),
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IsCA: !isLeaf, BasicConstraintsValid: !isLeaf, KeyUsage: x509.KeyUsageCertSign,
		}
		if isLeaf {
			template.KeyUsage, template.DNSNames = x509.KeyUsageDigitalSignature, []string{host}
		}
		if alter != nil {
			alter(template)
		}
		key, parent := testkit.NewKey(t), (*x509.Certificate)(nil)
		if signer == nil {
			signer = key
		} else {
			copied := *chain[0]
			if parent = &copied; m.anonymous {
				parent.SubjectKeyId = nil
			}
		}
		made, err := x509.ParseCertificate(testkit.Sign(t, template, parent, key, signer))
		if err != nil {
			t.Fatal(err)
		}
		chain, signer = append([]*x509.Certificate{made}, chain...), key
	}
	return chain
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// openssl reports whether OpenSSL accepts a chain as Python 3.13 asks it to.
func openssl(t *testing.T, chain []*x509.Certificate, flags ...string) (accepts bool, word string) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl here")
	}
	dir := t.TempDir()
	for i, c := range chain {
		name := "middle"
		if i == len(chain)-1 {
			name = "root"
		}
		if i == 0 {
			name = "leaf"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(pemOf(c)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"verify", "-no-CAfile", "-no-CApath", "-partial_chain", "-purpose", "sslserver"}, flags...)
	trusted := []string{"leaf", "root", "root"}[len(chain)-1]
	args = append(args, "-CAfile", filepath.Join(dir, trusted))
	if len(chain) == 3 {
		args = append(args, "-untrusted", filepath.Join(dir, "middle"))
	}
	out, err := exec.CommandContext(t.Context(), path, append(args, filepath.Join(dir, "leaf"))...).CombinedOutput()
	return err == nil, string(out)
}

// Python sets X509_V_FLAG_X509_STRICT since version 3.13.
func TestStrictnessIsOpenSSLs(t *testing.T) {
	t.Parallel()
	noUsage := func(c *x509.Certificate) { c.KeyUsage = 0 }
	both := func(alters ...func(*x509.Certificate)) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for _, alter := range alters {
				alter(c)
			}
		}
	}
	middle := "the authority Middle "
	for name, c := range map[string]struct {
		mold mold
		want string
	}{
		"good":                       {mold{}, ""},
		"good, without a middle":     {mold{short: true}, ""},
		"signs itself":               {mold{alone: true}, ""},
		"signs itself as authority":  {mold{alone: true, leaf: both(constraints(false), noUsage)}, ""},
		"leaf without usage":         {mold{leaf: noUsage}, ""},
		"root without usage":         {mold{root: noUsage}, "the authority Root has no key usage"},
		"root without usage, 2 long": {mold{root: noUsage, short: true}, "the authority Root has no key usage"},
		"middle without usage":       {mold{middle: noUsage}, middle + "has no key usage"},
		"middle without identifier":  {mold{middle: constraints(true)}, middle + "has no subject key identifier"},
		"root without identifier":    {mold{root: constraints(true)}, "the authority Root has no subject key identifier"},
		"middle, basic not critical": {mold{middle: both(constraints(false), identified)},
			"the basic constraints of the authority Middle are not critical"},
		"root, basic not critical": {mold{root: both(constraints(false), identified)},
			"the basic constraints of the authority Root are not critical"},
		"issuers without identifiers": {mold{anonymous: true}, "the certificate of " + host +
			" has no authority key identifier"},
		"leaf that may sign": {mold{leaf: func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }},
			"the certificate of " + host + " may sign certificates, but is not a CA certificate"},
		"leaf without subject": {mold{leaf: nameless(false)}, "the certificate of " + host +
			" has no subject, and its names are not critical"},
		"leaf without subject, right": {mold{leaf: nameless(true)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := c.mold.chain(t)
			flaws := strictFlaws(chain)
			if (c.want == "") != (len(flaws) == 0) || c.want != "" && !slices.Contains(flaws, c.want) {
				t.Errorf("got %q, want %s", flaws, c.want)
			}
			if accepts, word := openssl(t, chain); !accepts {
				t.Fatalf("without strictness OpenSSL says %s", word)
			}
			if accepts, word := openssl(t, chain, "-x509_strict"); accepts != (len(flaws) == 0) {
				t.Errorf("%q, but OpenSSL says %s", flaws, word)
			}
		})
	}
}

func TestShortRSAKeysAreOpenSSLs(t *testing.T) {
	t.Parallel()
	for bits, want := range map[int]string{1024: "the RSA key of Root has 1024 bits, fewer than 2048", 2048: ""} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		root := &x509.Certificate{
			Subject: pkix.Name{CommonName: "Root"}, SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
		}
		leaf := &x509.Certificate{
			Subject: pkix.Name{CommonName: host}, SerialNumber: big.NewInt(2), DNSNames: []string{host},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if root, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		if der, err = x509.CreateCertificate(rand.Reader, leaf, root, testkit.NewKey(t).Public(), key); err != nil {
			t.Fatal(err)
		}
		if leaf, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		flaws := strictFlaws([]*x509.Certificate{leaf, root})
		if got := strings.Join(flaws, "; "); got != want {
			t.Errorf("%d bits: got %q, want %q", bits, got, want)
		}
		accepts, word := openssl(t, []*x509.Certificate{leaf, root}, "-x509_strict", "-auth_level", "2")
		if accepts != (len(flaws) == 0) {
			t.Errorf("%d bits: %q, but OpenSSL says %s", bits, flaws, word)
		}
	}
}

func identified(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} }

// nameless takes the subject away, and leaves the names.
func nameless(critical bool) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		value, _ := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(host)}})
		c.Subject, c.ExtraExtensions = pkix.Name{}, []pkix.Extension{{Id: subjectNames, Critical: critical, Value: value}}
	}
}
