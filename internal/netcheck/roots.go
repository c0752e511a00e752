package netcheck

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"localstack-entrypoint/internal/config"
)

// systemBundles is where distributions keep their roots; the first that
// exists is theirs. Go's own loader would take SSL_CERT_FILE instead of these.
var systemBundles = []string{
	"etc/ssl/certs/ca-certificates.crt",
	"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"etc/pki/tls/certs/ca-bundle.crt",
	"etc/ssl/ca-bundle.pem",
	"etc/ssl/cert.pem",
}

// roots are the certificate authorities to trust: the system's, or Mozilla's
// as embedded in this program where the system has none, and those that the
// environment names. The errors name the variables that could not be used.
func roots(cfg config.Network, root string) (*x509.CertPool, []error) {
	pool := x509.NewCertPool()
	if !addSystem(pool, root) {
		addEmbedded(pool)
	}
	var errs []error
	named := map[string]string{}
	for _, source := range []struct{ variable, path string }{
		{"REQUESTS_CA_BUNDLE", cfg.RequestsBundle},
		{"CURL_CA_BUNDLE", cfg.CurlBundle},
		{"SSL_CERT_FILE", cfg.CertFile},
	} {
		if source.path != "" && named[source.path] == "" {
			named[source.path] = source.variable
			errs = append(errs, addNamed(pool, source.variable, source.path))
		}
	}
	for _, dir := range filepath.SplitList(cfg.CertDir) {
		errs = append(errs, addNamed(pool, "SSL_CERT_DIR", dir))
	}
	return pool, joined(errs)
}

func joined(errs []error) []error {
	var found []error
	for _, err := range errs {
		if err != nil {
			found = append(found, err)
		}
	}
	return found
}

func addSystem(pool *x509.CertPool, root string) bool {
	for _, name := range systemBundles {
		content, err := os.ReadFile(filepath.Join("/", root, name))
		if err == nil && pool.AppendCertsFromPEM(content) {
			return true
		}
	}
	return false
}

func addEmbedded(pool *x509.CertPool) {
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil:
			continue
		case root.Constraint != nil:
			pool.AddCertWithConstraint(certificate, root.Constraint)
		default:
			pool.AddCert(certificate)
		}
	}
}

// addNamed adds the PEM file, or the PEM files of the folder, at path.
func addNamed(pool *x509.CertPool, variable, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s=%.200q is ignored: %w", variable, path, errors.Unwrap(err))
	}
	files := []string{path}
	if info.IsDir() {
		files, _ = filepath.Glob(filepath.Join(strings.ReplaceAll(path, "*", `\*`), "*"))
	}
	added := false
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s=%.200q is ignored: %w", variable, path, errors.Unwrap(err))
		}
		added = pool.AppendCertsFromPEM(content) || added
	}
	if !added {
		return fmt.Errorf("%s=%.200q is ignored: it holds no PEM certificate", variable, path)
	}
	return nil
}
