package netcheck

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
)

// NewTransport returns an HTTP transport that reaches target as cfg says,
// resolving names through resolver. The warnings are for the user: settings
// that could not be used, or that are dangerous. It must not be called before
// the BOOT hooks have run, which may install certificate authorities.
func NewTransport(target *url.URL, cfg config.Network, root string, resolver *Resolver) (*http.Transport, []string) {
	var warnings []string
	proxy := proxyFor(target, cfg)
	transport := &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		OnProxyConnectResponse: proxyAnswer,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := dial(ctx, resolver, address)
			if err != nil && proxy != nil {
				err = proxyFault(proxy, err)
			}
			return conn, err
		},
	}
	if target.Scheme == "https" || proxy != nil && proxy.Scheme == "https" {
		pool, errs := roots(cfg, root)
		for _, err := range errs {
			warnings = append(warnings, err.Error())
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, InsecureSkipVerify: bool(cfg.NoVerify)}
	}
	if cfg.NoVerify {
		warnings = append(warnings, "SSL_NO_VERIFY=1: the certificate of "+target.Host+" is not checked; anyone in between can read your Auth Token")
	}
	return transport, warnings
}

// proxyFor is the proxy on the way to target; nil for none. Loopback hosts are
// reached without one, as everywhere.
func proxyFor(target *url.URL, cfg config.Network) *url.URL {
	choose := httpproxy.Config{
		HTTPProxy:  cfg.OutboundHTTP.Or(cfg.HTTPProxy).Reveal(),
		HTTPSProxy: cfg.OutboundHTTPS.Or(cfg.HTTPSProxy).Reveal(),
		NoProxy:    cfg.NoProxy,
	}
	proxy, err := choose.ProxyFunc()(target)
	if err != nil {
		return nil // config has already checked that it parses
	}
	return proxy
}

// proxyFault says that err happened on the way to the proxy, not to the server.
func proxyFault(proxy *url.URL, err error) error {
	detail := err.Error()
	if cause, ok := fault.Find(err); ok {
		detail = cause.Detail
	}
	return fault.New(fault.NetworkProxy, "the proxy %s://%s cannot be reached: %s", proxy.Scheme, proxy.Host, detail).Because(err)
}

// proxyAnswer judges the proxy's answer to CONNECT.
func proxyAnswer(_ context.Context, proxy *url.URL, request *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return ProxyRefusal(proxy.Scheme+"://"+proxy.Host, request.URL.Host, answer)
}

// ProxyRefusal is the failure behind a proxy's answer that is not a success:
// it would not connect us to target, or wants to be told who we are.
func ProxyRefusal(proxy, target string, answer *http.Response) *fault.Error {
	detail := fmt.Sprintf("the proxy %s refused to connect to %s with status %d", proxy, target, answer.StatusCode)
	if asked := answer.Header.Get("Proxy-Authenticate"); asked != "" {
		scheme, _, _ := strings.Cut(asked, " ")
		detail += fmt.Sprintf(" and asks for %.20s authentication: put user:password@ before its host", scheme)
	}
	return fault.New(fault.NetworkProxy, "%s", detail)
}
