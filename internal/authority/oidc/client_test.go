package oidc

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/openid"
)

func TestASystemWithoutAuthorities(t *testing.T) {
	empty := x509.NewCertPool()
	for _, got := range []*x509.CertPool{authorities(empty, nil), authorities(nil, errors.New("none"))} {
		if got.Equal(empty) {
			t.Error("nobody is trusted")
		}
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := x509.NewCertPool()
	own.AddCert(server.Certificate())
	if !authorities(own, nil).Equal(own) {
		t.Error("the system's are not those that count")
	}
}

func TestAProviderOverTLS(t *testing.T) {
	at := openid.Start(t, time.Now)
	server := httptest.NewTLSServer(at)
	defer server.Close()
	at.Description = map[string]any{"issuer": server.URL}
	p := New(Settings{Issuer: server.URL, ClientID: openid.ClientID}, time.Now)
	if _, _, err := p.Begin(t.Context(), callback); !errors.Is(err, ErrUnreachable) {
		t.Errorf("with an unknown authority: %v", err)
	}
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	p = New(Settings{Issuer: server.URL, ClientID: openid.ClientID}, time.Now)
	p.client.Transport.(bounded).RoundTripper.(*http.Transport).TLSClientConfig.RootCAs = authorities(known, nil)
	if _, _, err := p.Begin(t.Context(), callback); err != nil {
		t.Errorf("with its authority: %v", err)
	}
}
