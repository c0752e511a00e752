package main

import (
	"path/filepath"
	"strings"
	"sync/atomic"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/survey"
	"localstack-entrypoint/internal/trust"
)

// survey looks at the way to the licensing server.
func (s settings) survey() *survey.Survey {
	return survey.New(s.cfg.Endpoint.URL, s.network(), s.cfg.LocalstackHost, license.ClockDiffers)
}

// network is how the licensing server is reached.
func (s settings) network() connect.Settings {
	set := s.cfg.Network
	bundles := []trust.Bundle{
		{Variable: "REQUESTS_CA_BUNDLE", Path: set.RequestsBundle},
		{Variable: "CURL_CA_BUNDLE", Path: set.CurlBundle},
		{Variable: "SSL_CERT_FILE", Path: set.CertFile},
	}
	for _, folder := range filepath.SplitList(set.CertDir) {
		bundles = append(bundles, trust.Bundle{Variable: "SSL_CERT_DIR", Path: folder})
	}
	return connect.Settings{
		Root:       s.cfg.Root,
		HTTPProxy:  set.HTTP(),
		HTTPSProxy: set.HTTPS(),
		NoProxy:    set.NoProxy,
		Bundles:    bundles,
		NoVerify:   bool(set.NoVerify),
	}
}

// names resolves host names. At debug level it logs which server knew them. It warns the first time that another name
// server denies what we found, because libc may use that answer.
func (s settings) names(log *zap.Logger, warned *atomic.Bool) *resolve.Resolver {
	names := resolve.New(s.cfg.Root)
	names.Found = func(found resolve.Found) {
		if found.Denied != "" && !warned.Swap(true) {
			log.Warn("the name servers disagree about " + found.Host + ": " + found.Denied + ", but " +
				resolve.Join(found.Addresses) + " from " + found.From + "; the emulator's libc uses the first answer")
		}
		if log.Core().Enabled(zap.DebugLevel) {
			log.Debug("name resolved", zap.String("host", found.Host), zap.String("addresses", resolve.Join(found.Addresses)),
				zap.String("from", found.From), zap.String("search domain", found.Domain),
				zap.String("configuration", names.Config().String()))
		}
	}
	return names
}

// socksWarnings warn of a SOCKS proxy that LocalStack's Python cannot use as it is installed.
func (s settings) socksWarnings(network connect.Settings) []string {
	way := network.Proxy(s.cfg.Endpoint.URL)
	if way == nil || !strings.HasPrefix(way.Scheme, "socks") || !exists(s.cfg.Root.Python()) {
		return nil
	}
	if found, _ := filepath.Glob(filepath.Join(s.cfg.Root.Venv(), "lib/python3*/site-packages/socks.py")); found != nil {
		return nil
	}
	return []string{way.Variable + " is a SOCKS proxy, which the emulator's Python cannot use without the package " +
		"PySocks, and that is not installed: its requests will fail; set an http proxy, or install it"}
}
