package server

import (
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/testkit/openid"
)

// A wrong setting of the OIDC provider is in the log before the first member wants to log in. The server runs anyway.
func TestTheLogOfAStartSaysThatTheProviderCannotBeUsed(t *testing.T) {
	t.Parallel()
	provider := openid.Start(t, time.Now)
	for issuer, want := range map[string]string{
		provider.Issuer():            "",
		provider.Issuer() + "/":      `calls itself \"` + provider.Issuer() + `\"`,
		provider.Issuer() + "/other": provider.Issuer() + "/other/.well-known/openid-configuration: 404 Not Found",
	} {
		asked := len(provider.Asked())
		f := newFixture(t, func(options *Options) {
			options.OIDC = oidc.New(oidc.Settings{Issuer: issuer, ClientID: "x"}, time.Now)
		})
		address, stop := f.serve()
		eventually(t, "the provider is asked", func() bool { return len(provider.Asked()) > asked })
		if want != "" {
			eventually(t, want, func() bool { return strings.Contains(f.log.String(), want) })
		}
		exchange(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 1)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if says := strings.Contains(f.log.String(), "OIDC"); says != (want != "") {
			t.Errorf("with %s, the log is\n%s", issuer, f.log.String())
		}
	}
}
