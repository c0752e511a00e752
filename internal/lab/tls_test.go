package lab

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
	"time"

	"localstack-entrypoint/internal/fault"
)

// presents is a server with a certificate that change alters.
func presents(a func() *authority, change func(*x509.Certificate)) func(*world) {
	return func(w *world) {
		w.publicDNS(nameServer)
		w.licenseServer()
		w.nginx(w.apiWith(a(), change, "", toAuthority))
	}
}

// The authorities are made when the first test needs them.
func public() *authority    { return shared.public }
func corporate() *authority { return shared.corporate }

// days moves the time in which a certificate is valid.
func days(from, until int) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, from), time.Now().AddDate(0, 0, until)
	}
}

// certificates are servers that present the wrong one.
var certificates = []situation{
	{name: "certificate of a corporate authority", id: fault.NetworkIntercepted, says: "Example Corp",
		official: notReached, tls: true,
		arrange: presents(corporate, nil)},
	{name: "self-signed certificate", id: fault.NetworkSelfSigned, says: "issuer: ", official: notReached, tls: true,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			self, err := issue(nil, certificateOf(host, false))
			if err != nil {
				w.Fatal(err)
			}
			api := w.api("", toAuthority)
			api.certificate, api.key = self.save(w, "self", self.pem())
			w.nginx(api)
		}},
	{name: "certificate without its intermediate", id: fault.NetworkIncomplete, says: "sends no intermediate",
		official: notReached, tls: true,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			api := w.api("", toAuthority)
			leaf, err := os.ReadFile(api.certificate)
			if err != nil {
				w.Fatal(err)
			}
			block, _ := pem.Decode(leaf)
			api.certificate = w.put("leaf.pem", string(pem.EncodeToMemory(block)))
			w.nginx(api)
		}},
	{name: "certificate for another name", id: fault.NetworkCertificateName,
		says:     "is not valid for " + host + ", but for www.corp.example",
		official: notReached, tls: true,
		arrange: presents(public, func(c *x509.Certificate) {
			c.Subject, c.DNSNames = pkix.Name{CommonName: "www.corp.example"}, []string{"www.corp.example"}
		})},
	{name: "expired certificate", id: fault.NetworkCertificateDate, says: "is valid from", official: notReached, tls: true,
		arrange: presents(public, days(-90, -1))},
	{name: "our clock is two days behind the server's", id: fault.ClockSkew, says: "clock", official: notReached,
		tls: true,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.licenseServer()
			api := w.apiWith(shared.public, days(1, 90), "", toAuthority)
			api.env = clock(48 * time.Hour)
			w.nginx(api)
		}},
}

// handshakes are servers with which no TLS connection comes about.
var handshakes = []situation{
	{name: "server speaks TLS 1.1 only", id: fault.NetworkTLSVersion, says: "version", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.oldTLS()
		}},
	{name: "plain HTTP on port 443", id: fault.NetworkTLS, says: "plain HTTP", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.nginx(site{listen: []string{apiHost + ":443"}, lines: says(200, "{}")})
		}},
	{name: "server does not know the name", id: fault.NetworkTLS, says: "unrecognized name", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.nginx(w.api("", "ssl_reject_handshake on;"))
		}},
}
