package netcheck

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/testkit"
)

// bundleAt writes a file below a new folder.
func bundleAt(t *testing.T, name, content string) (path string) {
	t.Helper()
	dir := t.TempDir()
	testkit.Put(t, dir, name, content)
	return filepath.Join(dir, name)
}

func TestNamedAuthoritiesAreTrustedBesideTheSystems(t *testing.T) {
	t.Parallel()
	system, corporate := newAuthority(t, "System CA"), newAuthority(t, "Corporate CA")
	root := rooted(t, system.pem)
	known, inspected := system.serve(t, host, nil).Listener.Addr(), corporate.serve(t, host, nil).Listener.Addr()
	file := bundleAt(t, "corporate[1]*.pem", corporate.pem)
	testkit.Put(t, filepath.Dir(file), "README", "no certificate")
	if err := os.Symlink("nowhere", filepath.Join(filepath.Dir(file), "dangling.pem")); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]config.Network{
		"REQUESTS_CA_BUNDLE":        {RequestsBundle: file},
		"CURL_CA_BUNDLE":            {CurlBundle: file},
		"SSL_CERT_FILE":             {CertFile: file},
		"SSL_CERT_DIR":              {CertDir: t.TempDir() + ":" + filepath.Dir(file)},
		"REQUESTS_CA_BUNDLE folder": {RequestsBundle: filepath.Dir(file)},
	} {
		t.Run(name, func(t *testing.T) {
			expectLicensed(t, at("https", known), cfg, root)
			expectLicensed(t, at("https", inspected), cfg, root)
		})
	}
}

func TestTheChainMayPassAnIntermediate(t *testing.T) {
	t.Parallel()
	root, between, stranger := newAuthority(t, "Root CA"), newAuthority(t, "Intermediate CA"), newAuthority(t, "Stranger")
	signed := *between.certificate
	signed.SerialNumber = big.NewInt(3)
	between.certificate.Raw = sign(t, &signed, root.certificate, between.key, root.key)
	leaf := between.issue(t, host, nil)
	leaf.Certificate = append(leaf.Certificate, between.certificate.Raw)
	target := at("https", serveTLS(t, &tls.Config{Certificates: []tls.Certificate{leaf}}).Listener.Addr())
	expectLicensed(t, target, config.Network{}, rooted(t, stranger.pem+root.pem))
	_, _, err := get(t.Context(), target, config.Network{}, rooted(t, stranger.pem))
	if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) {
		t.Errorf("without the root: %v", err)
	}
}

func TestBundleThatCannotBeUsedIsNamed(t *testing.T) {
	t.Parallel()
	missing, empty := filepath.Join(t.TempDir(), "missing.pem"), bundleAt(t, "empty.pem", "")
	garbage, folder := bundleAt(t, "garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), t.TempDir()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		missing: "no such file or directory",
		empty:   "it holds no PEM certificate",
		garbage: "it holds no PEM certificate",
		folder:  "the folder holds no PEM certificate",
		fifo:    "it is a FIFO or a device, not a regular file",
	} {
		for variable, cfg := range map[string]config.Network{
			"REQUESTS_CA_BUNDLE": {RequestsBundle: path},
			"CURL_CA_BUNDLE":     {CurlBundle: path},
			"SSL_CERT_FILE":      {CertFile: path},
			"SSL_CERT_DIR":       {CertDir: path},
		} {
			_, warnings := newAuthorities(cfg, t.TempDir())
			if want := fmt.Sprintf("%s=%q is ignored: %s", variable, path, reason); len(warnings) != 1 || warnings[0] != want {
				t.Errorf("got %q, want %q", warnings, want)
			}
		}
	}
}

func TestUnusableBundleLeavesTheSystemsAuthorities(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "System CA")
	cfg := config.Network{RequestsBundle: filepath.Join(t.TempDir(), "missing.pem"), CertDir: "/nowhere:/elsewhere"}
	body, warnings, err := get(t.Context(), at("https", a.serve(t, host, nil).Listener.Addr()), cfg, rooted(t, a.pem))
	if err != nil || body != "licensed" || len(warnings) != 3 {
		t.Errorf("got %q, %q, %v", body, warnings, err)
	}
}

func TestOneFileUnderSeveralNamesIsNamedOnce(t *testing.T) {
	t.Parallel()
	cfg := config.Network{RequestsBundle: "/nowhere", CurlBundle: "/nowhere", CertFile: "/nowhere"}
	if _, warnings := newAuthorities(cfg, t.TempDir()); len(warnings) != 1 || !strings.HasPrefix(warnings[0], "REQUESTS_CA_BUNDLE=") {
		t.Errorf("got %q", warnings)
	}
}

func TestEmbeddedAuthoritiesStandInForTheSystems(t *testing.T) {
	t.Parallel()
	count := func(root string) int {
		all, _ := newAuthorities(config.Network{}, root)
		pool := all.pool(anyone)
		return len(pool.Subjects()) //nolint:staticcheck // it leaves out only the platform's own, which this pool never has
	}
	root := t.TempDir()
	testkit.Put(t, root, systemBundle, "empty")
	if n := count(root); n < 100 {
		t.Errorf("%d authorities without a system bundle", n)
	}
	if n := count(rooted(t, newAuthority(t, "System CA").pem)); n != 1 {
		t.Errorf("%d authorities beside a system bundle of one", n)
	}
	garbage := t.TempDir()
	testkit.Put(t, garbage, systemBundles[0], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	testkit.Put(t, garbage, systemBundles[1], newAuthority(t, "System CA").pem)
	if n := count(garbage); n != 1 {
		t.Errorf("%d authorities beside a bundle of garbage", n)
	}
	for _, name := range systemBundles {
		root := t.TempDir()
		testkit.Put(t, root, name, newAuthority(t, "System CA").pem)
		if n := count(root); n != 1 {
			t.Errorf("%d authorities with %s", n, name)
		}
	}
}

func TestNoVerifyTrustsAnyoneAndWarns(t *testing.T) {
	t.Parallel()
	server := newAuthority(t, "Stranger").serve(t, "portal.test", nil)
	target := at("https", server.Listener.Addr())
	cfg := config.Network{NoVerify: true}
	body, warnings, err := get(t.Context(), target, cfg, rooted(t, ""))
	want := "SSL_NO_VERIFY=1: the certificate of " + strings.TrimPrefix(target, "https://") + " is not checked; anyone in between can read your Auth Token"
	if err != nil || body != "licensed" || len(warnings) != 1 || warnings[0] != want {
		t.Errorf("got %q, %q, %v", body, warnings, err)
	}
	if _, warnings, _ = get(t.Context(), at("http", speak(t, "")), cfg, rooted(t, "")); len(warnings) > 0 {
		t.Errorf("without TLS there is no certificate, but %q", warnings)
	}
}
