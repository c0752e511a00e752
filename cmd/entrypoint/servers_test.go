package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// drip answers a byte at a time, for ever.
func drip(out http.ResponseWriter, r *http.Request) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_, _ = out.Write([]byte(" "))
			_ = http.NewResponseController(out).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// secure puts an HTTPS server in the licensing server's place whose certificate
// is for name and valid for that long, and returns its authority's in PEM.
// change may make the certificate another one.
func (w *world) secure(valid time.Duration, name string, change ...func(*x509.Certificate)) string {
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Corporate CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: authority.NotBefore, NotAfter: time.Now().Add(valid)}
	if leaf.DNSNames = []string{name}; net.ParseIP(name) != nil {
		leaf.DNSNames, leaf.IPAddresses = nil, []net.IP{net.ParseIP(name)}
	}
	for _, change := range change {
		change(leaf)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	sign := func(template *x509.Certificate) []byte {
		der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), key)
		if err != nil {
			w.Fatal(err)
		}
		return der
	}
	server := w.server(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{sign(leaf)}, PrivateKey: key}}}
	server.StartTLS()
	w.set("API_ENDPOINT", server.URL+"/v1")
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sign(authority)}))
}

// trust makes the world's certificate authorities those of the PEM text.
func (w *world) trust(authorities string) {
	testkit.Put(w.T, w.root, "ca.pem", authorities)
	w.set("REQUESTS_CA_BUNDLE", w.root+"/ca.pem")
}

// proxy puts a proxy in the way that answers CONNECT with status, and offers a method of authentication.
func (w *world) proxy(status int, method string) {
	proxy := w.server(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		if method != "" {
			out.Header().Set("Proxy-Authenticate", method+` realm="corp"`)
		}
		out.WriteHeader(status)
	}))
	proxy.Start()
	w.set("API_ENDPOINT", "https://api.localstack.test/v1")
	w.set("HTTPS_PROXY", proxy.URL)
}
