package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Authority is a certificate authority of a test.
type Authority struct {
	Certificate *x509.Certificate
	Key         *ecdsa.PrivateKey
	// PEM is what a bundle holds.
	PEM string
}

// NewAuthority makes an authority that is called name.
func NewAuthority(t *testing.T, name string) *Authority {
	t.Helper()
	a := &Authority{Key: NewKey(t)}
	der := Sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, SerialNumber: big.NewInt(1),
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, a.Key, a.Key)
	var err error
	if a.Certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.PEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return a
}

// Issue makes a server's certificate for name; alter may spoil it first.
func (a *Authority) Issue(t *testing.T, name string, alter func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, SerialNumber: big.NewInt(2),
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if alter != nil {
		alter(template)
	}
	key := NewKey(t)
	return tls.Certificate{Certificate: [][]byte{Sign(t, template, a.Certificate, key, a.Key)}, PrivateKey: key}
}

// Serve runs a licensing server with a certificate of a for name.
func (a *Authority) Serve(t *testing.T, name string, alter func(*x509.Certificate)) *httptest.Server {
	t.Helper()
	return ServeTLS(t, &tls.Config{Certificates: []tls.Certificate{a.Issue(t, name, alter)}})
}

// ServeTLS runs an HTTPS server on a port of 127.0.0.1.
func ServeTLS(t *testing.T, conf *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "licensed")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = conf
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// NewKey creates a private key.
func NewKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Sign makes a certificate; without a parent it signs itself.
func Sign(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) []byte {
	t.Helper()
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// SystemBundle is where the system's authorities are below a root.
const SystemBundle = "etc/ssl/certs/ca-certificates.crt"

// TrustingRoot is a root below which host is 127.0.0.1 and bundle holds the
// system's authorities.
func TrustingRoot(t testing.TB, host, bundle string) string {
	t.Helper()
	root := t.TempDir()
	Put(t, root, "etc/hosts", "127.0.0.1 "+host+"\n")
	Put(t, root, SystemBundle, bundle)
	return root
}
