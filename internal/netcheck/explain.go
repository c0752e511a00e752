package netcheck

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"localstack-entrypoint/internal/fault"
)

// Explain turns an error of a request to host into a row of the failure table.
func Explain(host string, err error) *fault.Error {
	failed, known := fault.Find(err)
	if !known {
		failed = explain(host, err).With(fault.Facts{Cause: err})
	}
	return failed.With(fault.Facts{Host: host})
}

func explain(host string, err error) *fault.Error {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verification):
		return explainCertificate(host, verification)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return fault.New(fault.NetworkTLS, "%s answers in plain HTTP, not in TLS", host)
	case errors.As(err, &record):
		return fault.New(fault.NetworkTLS, "%s does not answer in TLS", host)
	case isTimeout(err):
		return fault.New(fault.NetworkTimeout, "no answer from %s in time", host)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.New(fault.NetworkReset, "%s closed the connection without an answer", host)
	}
	// crypto/tls has no types for the rest, but always this prefix.
	if _, reason, found := strings.Cut(err.Error(), "tls: "); found {
		if strings.Contains(reason, "protocol version") {
			return fault.New(fault.NetworkTLSVersion, "%s speaks no TLS of version 1.2 or newer", host)
		}
		var alert *net.OpError
		if errors.As(err, &alert) && alert.Op == "remote error" {
			return fault.New(fault.NetworkTLS, "%s ended the TLS handshake: %.200s", host, reason)
		}
		return fault.New(fault.NetworkTLS, "the TLS handshake with %s failed: %.200s", host, reason)
	}
	// What net/http says of an answer that is no HTTP may repeat our own words.
	return fault.New(fault.NetworkUnreachable, "the exchange with %s broke off: what answers does not speak HTTP as it should", host)
}

func explainCertificate(host string, failed *tls.CertificateVerificationError) *fault.Error {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	issuer := "unknown"
	if chain := failed.UnverifiedCertificates; len(chain) > 0 {
		issuer = chain[0].Issuer.String()
	}
	switch {
	case errors.As(failed.Err, &name):
		return fault.New(fault.NetworkCertificateName, "the certificate presented is not for %s (issuer: %.200s)", host, issuer)
	case errors.As(failed.Err, &invalid) && invalid.Reason == x509.Expired:
		return fault.New(fault.NetworkCertificateDate, "the certificate of %s is valid from %s to %s, and here it is %s", host,
			invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly), time.Now().UTC().Format(time.DateTime))
	case errors.As(failed.Err, &invalid):
		return fault.New(fault.NetworkUntrusted, "the certificate of %s is unfit: %s (issuer: %.200s)", host,
			strings.TrimPrefix(invalid.Error(), "x509: "), issuer)
	}
	const untrusted = "the certificate of %s is signed by an authority that is not trusted here (issuer: %.200s)"
	switch chain := failed.UnverifiedCertificates; {
	case !isAlone(chain):
		return fault.New(fault.NetworkUntrusted, untrusted, host, issuer)
	case selfSigned(chain[0]):
		return fault.New(fault.NetworkSelfSigned, "the certificate of %s is self-signed and not trusted here (issuer: %.200s)", host, issuer)
	}
	return fault.New(fault.NetworkIncomplete, untrusted+", and the server sends no intermediate certificate", host, issuer)
}
