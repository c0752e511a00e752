package server

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"sync/atomic"

	"localstack-entrypoint/internal/file"
)

// Certificate is a certificate with its key, in two files that may be replaced while the server runs.
type Certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// LoadCertificate reads a certificate with its chain, and its private key, both in PEM format.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	return c, c.Reload()
}

// Reload reads the files again. After an error, the last pair that was good goes on.
func (c *Certificate) Reload() error {
	certificate, err := readFile(c.certFile)
	if err != nil {
		return err
	}
	key, err := readFile(c.keyFile)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("%s with %s: %w", c.certFile, c.keyFile, err)
	}
	c.current.Store(&pair)
	return nil
}

// Covers reports whether the certificate is for a host name or address.
func (c *Certificate) Covers(host string) bool {
	leaf := c.current.Load().Leaf
	return leaf != nil && leaf.VerifyHostname(host) == nil
}

// Config is for a server with this certificate. Connections that are open keep theirs.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}

func readFile(path string) ([]byte, error) {
	content, err := file.Read(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return content, nil
}
