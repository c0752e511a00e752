package oidc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

const (
	// requestWait bounds one request to the provider.
	requestWait = 3 * time.Second
	// maxAnswer is more than a provider's longest answer: keys and descriptions have some kilobytes.
	maxAnswer = 1 << 20 // bytes
	maxHeader = 64 << 10
)

var errTooLong = errors.New("the answer has more than 1 MiB")

// newClient returns a client for the provider. It follows no redirect: none of the answers is one, and a code or the
// client's secret must not go anywhere else. Proxies are those of HTTPS_PROXY and NO_PROXY.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // as package net/http made it
	transport.MaxResponseHeaderBytes = maxHeader
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities(x509.SystemCertPool())}
	return &http.Client{
		Transport:     bounded{transport},
		Timeout:       requestWait,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// authorities are the certificate authorities of the system, or Mozilla's where it has none, as in our image.
func authorities(system *x509.CertPool, err error) *x509.CertPool {
	pool := x509.NewCertPool()
	if err == nil && !system.Equal(pool) {
		return system
	}
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil: // one that this version of Go refuses
		case root.Constraint != nil:
			pool.AddCertWithConstraint(certificate, root.Constraint)
		default:
			pool.AddCert(certificate)
		}
	}
	return pool
}

// bounded lets nobody read more than maxAnswer of an answer.
type bounded struct{ http.RoundTripper }

// RoundTrip sends a request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = &boundedBody{answer.Body, maxAnswer}
	}
	return answer, err
}

type boundedBody struct {
	io.ReadCloser

	left int
}

// Read reads on.
func (b *boundedBody) Read(into []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(into[:min(len(into), b.left)])
	b.left -= n
	return n, err
}
