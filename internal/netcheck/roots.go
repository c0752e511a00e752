package netcheck

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/file"
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
// environment names. The warnings name the variables that could not be used.
// Reading the system's takes milliseconds, so that is left to the first call
// of all.
func roots(cfg config.Network, root string) (all func() *x509.CertPool, warnings []string) {
	pool, warnings := named(cfg)
	return sync.OnceValue(func() *x509.CertPool {
		if !addSystem(pool, root) {
			addEmbedded(pool)
		}
		return pool
	}), warnings
}

// named are the authorities that the environment names.
func named(cfg config.Network) (pool *x509.CertPool, warnings []string) {
	pool = x509.NewCertPool()
	type source struct{ variable, path string }
	sources := []source{
		{"REQUESTS_CA_BUNDLE", cfg.RequestsBundle},
		{"CURL_CA_BUNDLE", cfg.CurlBundle},
		{"SSL_CERT_FILE", cfg.CertFile},
	}
	for _, dir := range filepath.SplitList(cfg.CertDir) {
		sources = append(sources, source{"SSL_CERT_DIR", dir})
	}
	read := map[string]bool{"": true}
	for _, s := range sources {
		if read[s.path] {
			continue // often one file under all three names
		}
		read[s.path] = true
		if err := addNamed(pool, s.path); err != nil {
			warnings = append(warnings, fmt.Sprintf("%s=%.200q is ignored: %v", s.variable, s.path, err))
		}
	}
	return pool, warnings
}

func addSystem(pool *x509.CertPool, root string) bool {
	for _, name := range systemBundles {
		content, err := file.Read(filepath.Join("/", root, name))
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

// addNamed adds the PEM file at path, or the PEM files in the folder there.
// The error says why there are none, without the path.
func addNamed(pool *x509.CertPool, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return bare(err)
	}
	if !info.IsDir() {
		return addFile(pool, path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return bare(err)
	}
	added := false
	for _, entry := range entries {
		// Folders of certificates hold other things, too.
		added = addFile(pool, filepath.Join(path, entry.Name())) == nil || added
	}
	if !added {
		return errors.New("the folder holds no PEM certificate")
	}
	return nil
}

func addFile(pool *x509.CertPool, path string) error {
	// To open a FIFO would mean to wait for its writer.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return bare(err)
	}
	if !pool.AppendCertsFromPEM(content) {
		return errors.New("it holds no PEM certificate")
	}
	return nil
}

// bare is err without the operation and path that os puts before it.
func bare(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
