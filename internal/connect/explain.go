package connect

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/trust"
)

// Fault turns an error of a request to host into a row of the failure table.
func Fault(host string, err error) *fault.Error {
	failed, known := fault.Find(err)
	if !known {
		failed = errorFault(host, err).With(fault.Facts{Cause: err})
	}
	return failed.With(fault.Facts{Host: host})
}

func errorFault(host string, err error) *fault.Error {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verification):
		return trust.Fault(host, verification)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return fault.New(fault.NetworkTLS, "%s answers in plain HTTP, not in TLS", host)
	case errors.As(err, &record):
		return fault.New(fault.NetworkTLS, "%s does not answer in TLS", host)
	case resolve.IsTimeout(err):
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
