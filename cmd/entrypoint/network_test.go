package main

import (
	"slices"
	"testing"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/proxy"
	"localstack-entrypoint/internal/trust"
)

func TestNetworkSettingsGoByTheMoreSpecialVariable(t *testing.T) {
	t.Parallel()
	setting := func(text string) (p proxy.Setting) {
		if err := p.Decode(text); err != nil {
			t.Fatal(err)
		}
		p.Variable = text
		return p
	}
	var s settings
	s.cfg.Network = config.Network{
		OutboundHTTPS: setting("http://user:pass@outbound.test:1"), HTTPSProxy: setting("http://general.test:2"),
		HTTPProxy: setting("general.test:3"), NoProxy: proxy.Exceptions{List: "a.test"}, NoVerify: true,
		AllProxy: setting("all.test:4"), CurlBundle: "/curl.pem", CertDir: "/one:/two",
	}
	got := s.network()
	if got.HTTPSProxy.Reveal() != "http://user:pass@outbound.test:1" || got.HTTPProxy.Reveal() != "general.test:3" {
		t.Errorf("proxies %s and %s", got.HTTPSProxy.Reveal(), got.HTTPProxy.Reveal())
	}
	if got.NoProxy.List != "a.test" || !got.NoVerify {
		t.Errorf("NO_PROXY %q, SSL_NO_VERIFY %t", got.NoProxy.List, got.NoVerify)
	}
	s.cfg.OutboundHTTPS, s.cfg.HTTPSProxy = proxy.Setting{}, proxy.Setting{}
	if got := s.network().HTTPSProxy.Reveal(); got != "all.test:4" {
		t.Errorf("the proxy for everything else is %q", got)
	}
	want := []trust.Bundle{
		{Variable: "REQUESTS_CA_BUNDLE"}, {Variable: "CURL_CA_BUNDLE", Path: "/curl.pem"}, {Variable: "SSL_CERT_FILE"},
		{Variable: "SSL_CERT_DIR", Path: "/one"}, {Variable: "SSL_CERT_DIR", Path: "/two"},
	}
	if !slices.Equal(got.Bundles, want) {
		t.Errorf("bundles %v", got.Bundles)
	}
}
