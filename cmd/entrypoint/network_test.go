package main

import (
	"slices"
	"testing"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/trust"
)

func TestNetworkSettingsGoByTheMoreSpecialVariable(t *testing.T) {
	t.Parallel()
	proxy := func(text string) (p config.ProxyURL) {
		if err := p.Decode(text); err != nil {
			t.Fatal(err)
		}
		return p
	}
	var s settings
	s.cfg.Network = config.Network{
		OutboundHTTPS: proxy("http://user:pass@outbound.test:1"), HTTPSProxy: proxy("http://general.test:2"),
		HTTPProxy: proxy("general.test:3"), NoProxy: "a.test", NoVerify: true,
		CurlBundle: "/curl.pem", CertDir: "/one:/two",
	}
	got := s.network()
	if got.HTTPSProxy.Reveal() != "http://user:pass@outbound.test:1" || got.HTTPProxy.Reveal() != "http://general.test:3" {
		t.Errorf("proxies %s and %s", got.HTTPSProxy.Reveal(), got.HTTPProxy.Reveal())
	}
	if got.NoProxy != "a.test" || !got.NoVerify {
		t.Errorf("NO_PROXY %q, SSL_NO_VERIFY %t", got.NoProxy, got.NoVerify)
	}
	want := []trust.Bundle{
		{Variable: "REQUESTS_CA_BUNDLE"}, {Variable: "CURL_CA_BUNDLE", Path: "/curl.pem"}, {Variable: "SSL_CERT_FILE"},
		{Variable: "SSL_CERT_DIR", Path: "/one"}, {Variable: "SSL_CERT_DIR", Path: "/two"},
	}
	if !slices.Equal(got.Bundles, want) {
		t.Errorf("bundles %v", got.Bundles)
	}
}
