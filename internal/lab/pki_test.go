package lab

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// authority is a certificate authority: a root that others trust, and where it
// has one, an intermediate authority that signs in its place.
type authority struct {
	root, signer *identity
}

// identity is a certificate and its key.
type identity struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes an authority called name.
func newAuthority(name string, intermediate bool) (*authority, error) {
	root, err := issue(nil, certificateOf(name+" Root CA", true))
	if err != nil || !intermediate {
		return &authority{root, root}, err
	}
	signer, err := issue(root, certificateOf(name+" Intermediate CA", true))
	return &authority{root, signer}, err
}

// certificateOf is a certificate in the making, valid for a year around now.
func certificateOf(commonName string, authority bool) *x509.Certificate {
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: commonName, Organization: []string{"Laboratory"}},
		NotBefore: time.Now().AddDate(0, -6, 0), NotAfter: time.Now().AddDate(0, 6, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if authority {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
		return template
	}
	template.DNSNames = []string{commonName}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return template
}

// issue has by sign a certificate; nil for one that signs itself.
func issue(by *identity, template *x509.Certificate) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62)); err != nil {
		return nil, err
	}
	if by == nil {
		by = &identity{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &identity{certificate, key}, err
}

// pem is the identity's certificate and those of more, a chain.
func (i *identity) pem(more ...*identity) []byte {
	var text bytes.Buffer
	for _, one := range append([]*identity{i}, more...) {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: one.certificate.Raw})
	}
	return text.Bytes()
}

// issueFor makes the certificate of a server, which change may alter, and
// returns the files to serve it with: the certificate with its intermediates,
// and the key. A public one says where to get the intermediate, as all do.
func (a *authority) issueFor(w *world, name string, change func(*x509.Certificate)) (certificate, key string) {
	w.Helper()
	template := certificateOf(name, false)
	if a == shared.public {
		template.IssuingCertificateURL = []string{"http://certificates.lab.example/intermediate.crt"}
	}
	if change != nil {
		change(template)
	}
	server, err := issue(a.signer, template)
	if err != nil {
		w.Fatal(err)
	}
	chain := server.pem()
	if a.signer != a.root {
		chain = server.pem(a.signer)
	}
	return server.save(w, name, chain)
}

// save writes chain and the identity's key.
func (i *identity) save(w *world, name string, chain []byte) (certificate, key string) {
	w.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		w.Fatal(err)
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return w.put(name+".pem", string(chain)), w.put(name+".key", string(encoded))
}

// put writes a file of the world and returns its path.
func (w *world) put(name, content string) string {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.Fatal(err)
	}
	return path
}
