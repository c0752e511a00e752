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
		failed = newFault(host, err).With(fault.Facts{Cause: err})
	}
	return failed.With(fault.Facts{Host: host})
}

func newFault(host string, err error) *fault.Error {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	isRecord := errors.As(err, &record)
	switch {
	case errors.As(err, &verification):
		return trust.Fault(host, verification)
	case errors.Is(err, http.ErrSchemeMismatch), isRecord && string(record.RecordHeader[:]) == "HTTP/":
		return fault.New(fault.NetworkTLS, "%s answers in plain HTTP, not in TLS", host)
	case isRecord && speaksHTTP2(record.RecordHeader[:]):
		return fault.New(fault.NetworkTLS, "%s answers in plain HTTP/2, not in TLS", host)
	case isRecord:
		return fault.New(fault.NetworkTLS, "%s does not answer in TLS", host)
	case resolve.IsTimeout(err):
		return fault.New(fault.NetworkTimeout, "the request to %s timed out", host)
	case isReset(err):
		return fault.New(fault.NetworkReset, "%s closed the connection without an answer", host)
	}
	// crypto/tls has no types for the rest, but always this prefix.
	_, reason, isTLS := strings.Cut(err.Error(), "tls: ")
	alert, isAlert := errors.AsType[*net.OpError](err)
	switch {
	case !isTLS: // what net/http says of an answer that is no HTTP may repeat our own words
		return fault.New(fault.NetworkUnreachable,
			"the exchange with %s failed: the answer is not valid HTTP", host).With(fault.Facts{Answered: true})
	case strings.Contains(reason, "protocol version"):
		return fault.New(fault.NetworkTLSVersion, "%s does not support TLS 1.2 or newer", host)
	case strings.Contains(reason, "no application protocol"):
		return fault.New(fault.NetworkHTTPVersion, "%s refuses HTTP/1.1 in the TLS handshake (%.200s)", host, reason)
	case strings.Contains(reason, "unadvertised ALPN protocol"):
		return fault.New(fault.NetworkHTTPVersion,
			"%s chooses another protocol than HTTP/1.1 in the TLS handshake, although no other is offered", host)
	case isAlert && alert.Op == "remote error":
		return fault.New(fault.NetworkTLS, "%s ended the TLS handshake: %.200s", host, reason)
	}
	return fault.New(fault.NetworkTLS, "the TLS handshake with %s failed: %.200s", host, reason)
}

// isReset reports whether the other side closed the connection before it had answered.
func isReset(err error) bool {
	for _, end := range []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
