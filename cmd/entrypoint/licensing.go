package main

import (
	"cmp"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/machine"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/survey"
	"localstack-entrypoint/internal/trust"
	"localstack-entrypoint/internal/version"
	"localstack-entrypoint/internal/waiting"
)

// activate obtains the license. It returns the credential to hand to the
// emulator, nil when pro features are to be off.
func (s *start) activate(ctx context.Context) (*credential.Credential, error) {
	if !s.cfg.ActivatePro {
		return nil, nil
	}
	reading, stop := s.watchWaits(ctx)
	defer stop()
	cred, err := s.readCredential(reading)
	if err != nil {
		return nil, err
	}
	s.out.Hide(cred)
	s.log.Debug("credential found", zap.Stringer("credential", cred), zap.String("origin", cred.Origin))
	s.warnAbout(cred)
	s.volume.Allow(file.DiskTimeout)
	network, logs := s.network(), s.issues(report.Logger)
	network.Warn = func(finding *fault.Error) { logs.Warn(report.Reason(finding)) }
	done := s.waitForFiles(reading, network.Bundles)
	activation, warnings := s.newActivation(network, s.volume, cred, s.issues(report.LicenseLogger))
	done()
	for _, warning := range warnings {
		logs.Warn(warning)
	}
	// The end of the time is for finding out why it was not enough.
	if budget := &activation.Config.ActivationTimeout; budget.Duration() > 4*surveyTimeout {
		*budget -= config.Seconds(surveyTimeout)
	}
	asking, stop := s.watchWaits(ctx)
	defer stop()
	looks := newLookout(ctx, s.cfg.ActivationTimeout.Duration(), s.survey)
	defer looks.stop()
	activation.Begun = looks.begun
	if err := activation.Run(asking); err != nil {
		s.saveRefusal = activation.SaveRefusal
		return nil, s.explain(ctx, looks, err)
	}
	return &cred, nil
}

// readCredential finds the credential. A file may be on a disk that does not respond.
func (s *start) readCredential(ctx context.Context) (credential.Credential, error) {
	if file := cmp.Or(s.cfg.AuthTokenFile, s.cfg.APIKeyFile); file != "" {
		defer waiting.For(ctx, func() string { return "the file " + file })()
	}
	return s.sources().Find()
}

// waitForFiles notes that the files with certificate authorities are read, which may be on such a disk, too.
func (s *start) waitForFiles(ctx context.Context, bundles []trust.Bundle) (done func()) {
	var paths []string
	for _, bundle := range bundles {
		if bundle.IsPath() {
			paths = append(paths, bundle.Path)
		}
	}
	if len(paths) == 0 {
		return func() {}
	}
	return waiting.For(ctx, func() string { return "the certificate authorities in " + strings.Join(paths, " and ") })
}

// watchWaits has what is waited for in the context that it returns told, until stop.
func (s *start) watchWaits(ctx context.Context) (watched context.Context, stop func()) {
	if !s.cfg.LogIssues {
		return ctx, func() {}
	}
	return waiting.Watch(ctx, func(line string) { s.log.Warn(line) })
}

// explain looks at the network once it has failed us, to say exactly why.
func (s *start) explain(ctx context.Context, looks *lookout, err error) error {
	failed, ok := fault.Find(err)
	if !ok || !doctor.Explains(failed) {
		return err
	}
	checks := looks.explain(failed)
	if ctx.Err() != nil {
		return context.Cause(ctx) // a signal, which is no failure
	}
	for _, check := range checks {
		s.log.Debug("check "+check.Name, zap.String("state", string(check.State)),
			zap.String("fact", check.Fact), zap.Strings("evidence", check.Evidence))
	}
	return doctor.Explain(failed, checks)
}

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

// newActivation is all that it takes to obtain the license. The warnings are about
// the network's settings.
func (s settings) newActivation(
	network connect.Settings, volume *file.Volume, cred credential.Credential, log *zap.Logger,
) (_ *activate.Activation, warnings []string) {
	var warned atomic.Bool
	newTransport := func() (*connect.Transport, []string) {
		names := s.names(log, &warned)
		transport, warnings := connect.NewTransport(s.cfg.Endpoint.URL, network, names)
		return transport, append(warnings, names.Warnings()...)
	}
	transport, warnings := newTransport()
	warnings = append(warnings, s.socksWarnings(network)...)
	return &activate.Activation{
		Config:     s.cfg.Licensing,
		Credential: cred,
		Product:    license.Product{Name: license.ProductName, Version: s.version()},
		Machine:    license.Machine{ID: machine.ID(volume), CI: s.cfg.CI != "", System: machine.System()},
		Transport:  transport,
		Anew: func() http.RoundTripper {
			again, _ := newTransport()
			again.Learn(transport)
			transport = again
			return again
		},
		Store: activate.NewStore(volume, s.cfg.Root, log),
		Log:   log,
	}, warnings
}

// names resolves host names. It tells a log for debugging who knew them, and warns the first time that another name
// server denies what we found: to libc, its word may count.
func (s settings) names(log *zap.Logger, warned *atomic.Bool) *resolve.Resolver {
	names := resolve.New(s.cfg.Root)
	names.Found = func(found resolve.Found) {
		if found.Denied != "" && !warned.Swap(true) {
			log.Warn("the name servers disagree about " + found.Host + ": " + found.Denied + ", but " +
				resolve.Join(found.Addresses) + " from " + found.From + "; the emulator's libc believes whoever comes first")
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

// version is the version that the license must cover: the image's, else ours.
func (s settings) version() string {
	return license.NormalVersion(cmp.Or(s.cfg.BuildVersion, version.Number))
}

// sources are the places of the credential.
func (s settings) sources() credential.Sources {
	from := s.cfg.Sources()
	for _, variable := range []string{credential.APIKeyVariable, credential.AuthTokenVariable} {
		if _, present := s.environ.Lookup(variable); present {
			from.Present = variable
		}
	}
	return from
}

// warnAbout warns of credentials that work but should not be used like this.
func (s *start) warnAbout(cred credential.Credential) {
	if advice := cred.Advice(s.cfg.CI, s.cfg.DeniesCI()); advice != nil {
		s.issues(report.Logger).Warn(report.Reason(advice))
	}
	if s.cfg.Endpoint.IsExposed() {
		s.issues(report.Logger).Warn("API_ENDPOINT=" + s.cfg.Endpoint.String() +
			" is not encrypted: anyone in between can read your Auth Token")
	}
}
