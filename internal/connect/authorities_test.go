package connect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/trust"
)

func TestNamedAuthoritiesAreTrustedBesideTheSystems(t *testing.T) {
	t.Parallel()
	system, corporate := testkit.NewAuthority(t, "System CA"), testkit.NewAuthority(t, "Corporate CA")
	root := rooted(t, system.PEM)
	known, inspected := system.Serve(t, host, nil).Listener.Addr(), corporate.Serve(t, host, nil).Listener.Addr()
	folder := t.TempDir()
	file := filepath.Join(folder, "corporate[1]*.pem")
	testkit.Put(t, folder, filepath.Base(file), corporate.PEM)
	testkit.Put(t, folder, "README", "no certificate")
	if err := os.Symlink("nowhere", filepath.Join(folder, "dangling.pem")); err != nil {
		t.Fatal(err)
	}
	for name, bundles := range map[string][]trust.Bundle{
		"a file":          {{Variable: "SSL_CERT_FILE", Path: file}},
		"a second bundle": {{Variable: "SSL_CERT_DIR", Path: t.TempDir()}, {Variable: "SSL_CERT_DIR", Path: file}},
		"a folder":        {{Variable: "SSL_CERT_DIR", Path: folder}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Settings{Bundles: bundles}
			expectLicensed(t, at("https", known), cfg, root)
			expectLicensed(t, at("https", inspected), cfg, root)
		})
	}
}

func TestTheChainMayPassAnIntermediate(t *testing.T) {
	t.Parallel()
	root, between, stranger := testkit.NewAuthority(t, "Root CA"), testkit.NewAuthority(t, "Intermediate CA"),
		testkit.NewAuthority(t, "Stranger")
	signed := *between.Certificate
	signed.SerialNumber = big.NewInt(3)
	between.Certificate.Raw = testkit.Sign(t, &signed, root.Certificate, between.Key, root.Key)
	leaf := between.Issue(t, host, nil)
	leaf.Certificate = append(leaf.Certificate, between.Certificate.Raw)
	target := at("https", testkit.ServeTLS(t, &tls.Config{Certificates: []tls.Certificate{leaf}}).Listener.Addr())
	expectLicensed(t, target, Settings{}, rooted(t, stranger.PEM+root.PEM))
	_, _, err := get(t.Context(), target, Settings{}, rooted(t, stranger.PEM))
	if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) {
		t.Errorf("without the root: %v", err)
	}
}

func TestUnusableBundleLeavesTheSystemsAuthorities(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	cfg := Settings{Bundles: []trust.Bundle{{Variable: "REQUESTS_CA_BUNDLE", Path: "/nowhere"},
		{Variable: "SSL_CERT_DIR", Path: "/elsewhere"}}}
	body, warnings, err := get(t.Context(), at("https", a.Serve(t, host, nil).Listener.Addr()), cfg, rooted(t, a.PEM))
	if err != nil || body != "licensed" || len(warnings) != 2 {
		t.Errorf("got %q, %q, %v", body, warnings, err)
	}
}

func TestNoVerifyTrustsAnyoneAndWarns(t *testing.T) {
	t.Parallel()
	server := testkit.NewAuthority(t, "Stranger").Serve(t, "portal.test", nil)
	target := at("https", server.Listener.Addr())
	cfg := Settings{NoVerify: true}
	body, warnings, err := get(t.Context(), target, cfg, rooted(t, ""))
	want := "SSL_NO_VERIFY=1: the certificate of " + strings.TrimPrefix(target, "https://") +
		" is not checked; anyone in between can read your Auth Token"
	if err != nil || body != "licensed" || len(warnings) != 1 || warnings[0] != want {
		t.Errorf("got %q, %q, %v", body, warnings, err)
	}
	if _, warnings, _ = get(t.Context(), at("http", testkit.Speak(t, "")), cfg, rooted(t, "")); len(warnings) > 0 {
		t.Errorf("without TLS there is no certificate, but %q", warnings)
	}
}
