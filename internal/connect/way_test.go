package connect

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/testkit"
)

func TestHTTPTargetThroughSOCKS(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.String())
	}))
	t.Cleanup(server.Close)
	cfg := through(t, "socks5", testkit.NewSOCKS(t, server.Listener.Addr(), 0))
	cfg.HTTPProxy, cfg.HTTPSProxy = cfg.HTTPSProxy, cfg.HTTPProxy
	body, _, err := get(t.Context(), "http://"+host+"/v1", cfg, t.TempDir())
	if err != nil || body != "/v1" { // as a server is asked, not as a proxy
		t.Errorf("got %q, %v", body, err)
	}
}

func TestHTTPTargetBehindAnHTTPSProxyWhoseHandshakeNeedsASmallHello(t *testing.T) {
	t.Parallel()
	a := testkit.NewAuthority(t, "System CA")
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	proxy := testkit.NewForwarder(t, server.Listener.Addr(), nil, a.Issue(t, "proxy.localhost", nil))
	settings := throughTLS(middlebox(t, proxy.Listener.Addr(), "resets"))
	settings.HTTPProxy = settings.HTTPSProxy
	warned := expectWarning(t, "http://"+host, settings, rooted(t, a.PEM))
	if !slices.Equal(warned, []string{"proxy.localhost"}) {
		t.Errorf("warned of %q", warned)
	}
	seen := proxy.Seen()
	if requests.Load() != 2 || len(seen) != 2 || !strings.HasPrefix(seen[0], "POST "+host+" Basic ") {
		t.Errorf("%d requests came, through a proxy that has seen %q", requests.Load(), seen)
	}
}

func TestHandshakeGoesTheWayWithoutARequest(t *testing.T) {
	t.Parallel()
	a, stranger := testkit.NewAuthority(t, "System CA"), testkit.NewAuthority(t, "Stranger")
	server := serve(t, a, func(http.ResponseWriter, *http.Request) { t.Error("there was a request") })
	for name, settings := range map[string]Settings{
		"directly": {}, "through a proxy": through(t, "http", testkit.NewForwarder(t, server, nil).Listener.Addr()),
	} {
		shake := func(root string) error {
			target, _ := url.Parse(at("https", server))
			settings.Root = layout.Root(root)
			transport, _ := NewTransport(target, settings, resolve.New(settings.Root))
			return transport.Handshake(t.Context())
		}
		if err := shake(rooted(t, a.PEM)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		testkit.ExpectFault(t, Fault(host, shake(rooted(t, stranger.PEM))), fault.NetworkUntrusted,
			"the certificate of "+host+" is signed by an untrusted authority (issuer: CN=System CA)")
	}
}
