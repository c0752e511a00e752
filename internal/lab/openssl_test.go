package lab

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
)

// agreeWithOpenSSL looks at a server's certificates with openssl and with
// `entrypoint doctor`.
func agreeWithOpenSSL(t *testing.T, w *world) {
	presented := w.presented(t)
	trusted, verdict := w.verified(t, presented)
	strictly, flaw := w.verified(t, presented, "-x509_strict")
	ours := w.doctor(t).check(t, "tls")
	facts := ours.Fact + "\n" + strings.Join(ours.Evidence, "\n")
	if trusted == (ours.State == fault.Failed) {
		t.Errorf("we say %q (%s), and openssl: %s", ours.State, facts, verdict)
	}
	if trusted && !strictly && ours.State != fault.Warned {
		t.Errorf("we say %q (%s), but the emulator will refuse: %s", ours.State, facts, flaw)
	}
	for _, certificate := range presented {
		for _, fact := range []string{
			certificate.Subject.CommonName, certificate.Issuer.CommonName,
			certificate.NotBefore.UTC().Format(time.DateOnly), certificate.NotAfter.UTC().Format(time.DateOnly),
		} {
			if !strings.Contains(facts, fact) {
				t.Errorf("openssl shows %q, which we do not:\n%s", fact, facts)
			}
		}
	}
}

// presented are the certificates that openssl is shown.
func (w *world) presented(t *testing.T) []*x509.Certificate {
	t.Helper()
	args := []string{"s_client", "-showcerts", "-servername", host, "-connect"}
	if w.env["HTTPS_PROXY"] != "" {
		args = append(args, host+":443", "-proxy", proxyAddress)
	} else {
		address := strings.TrimSpace(w.must(t, "", "dig", "@"+nameServer, host, "A", "+short"))
		args = append(args, address+":443")
	}
	out, _ := w.output("", "openssl", args...)
	var certificates []*x509.Certificate
	for block, rest := pem.Decode([]byte(out)); block != nil; block, rest = pem.Decode(rest) {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			certificates = append(certificates, certificate)
		}
	}
	if len(certificates) == 0 {
		t.Fatalf("openssl is shown no certificate:\n%s", out)
	}
	return certificates
}

// verified reports whether openssl trusts certificates, with the authorities of
// the container. The emulator's Python does so with -x509_strict.
func (w *world) verified(
	t *testing.T, certificates []*x509.Certificate, options ...string,
) (trusted bool, verdict string) {
	t.Helper()
	roots, err := os.ReadFile(filepath.Join(w.root, "etc/ssl/certs/ca-certificates.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if named := w.env["REQUESTS_CA_BUNDLE"]; named != "" {
		more, err := os.ReadFile(named)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, more...)
	}
	args := append([]string{"verify", "-purpose", "sslserver", "-verify_hostname", host, "-CAfile",
		w.put("roots.pem", string(roots))}, options...)
	for _, certificate := range certificates[1:] {
		args = append(args, "-untrusted", w.put("untrusted-"+certificate.SerialNumber.String()+".pem", asPEM(certificate)))
	}
	out, err := w.output("", "openssl", append(args, w.put("presented.pem", asPEM(certificates[0])))...)
	return err == nil, out
}

func asPEM(certificate *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}
