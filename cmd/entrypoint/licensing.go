package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
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
	"localstack-entrypoint/internal/trust"
	"localstack-entrypoint/internal/waiting"
)

// activate obtains the license. It returns the credential to hand to the
// emulator, nil when pro features are to be off.
func (s *start) activate(ctx context.Context, again bool) (*credential.Credential, error) {
	if !s.cfg.ActivatePro {
		return nil, nil
	}
	cred, err := s.findCredential(ctx)
	if err != nil {
		return nil, err
	}
	s.volume.Allow(file.DiskTimeout)
	activation := s.prepareActivation(cred)
	activation.Again = again
	looks := newLookout(ctx, s.cfg.ActivationTimeout.Duration(), s.survey)
	defer looks.stop()
	activation.Begun = looks.begun
	watched, stop := s.watchWaits(ctx)
	defer stop()
	if err := activation.Run(watched); err != nil {
		s.saveRefusal = activation.SaveRefusal
		return nil, s.explain(ctx, looks, err)
	}
	return &cred, nil
}

// findCredential finds the credential, hides it from all that is printed, and warns of how it is used.
func (s *start) findCredential(ctx context.Context) (credential.Credential, error) {
	watched, stop := s.watchWaits(ctx)
	defer stop()
	if path := cmp.Or(s.cfg.AuthTokenFile, s.cfg.APIKeyFile); path != "" { // maybe on a disk that does not respond
		defer waiting.For(watched, func() string { return "the file " + path })()
	}
	cred, err := s.sources().Find()
	if err != nil {
		return cred, err
	}
	s.out.Hide(cred)
	s.log.Debug("credential found", zap.Stringer("credential", cred), zap.String("origin", cred.Origin))
	s.warnAbout(cred)
	return cred, nil
}

// prepareActivation is the activation of a start.
func (s *start) prepareActivation(cred credential.Credential) *activate.Activation {
	network, issues := s.network(), s.issues(report.Logger)
	network.Warn = func(finding *fault.Error) { issues.Warn(report.Reason(finding)) }
	warn := func(warning string) { issues.Warn(warning) }
	for _, warning := range s.socksWarnings(network) {
		warn(warning)
	}
	activation := s.newActivation(network, s.volume, cred, s.issues(report.LicenseLogger), warn)
	prepare := activation.Prepare
	activation.Prepare = func(ctx context.Context, a *activate.Activation) {
		s.asks = true
		prepare(ctx, a)
	}
	// The end of the time is for finding out why it was not enough.
	if budget := &activation.Config.ActivationTimeout; budget.Duration() > 4*surveyTimeout {
		*budget -= config.Seconds(surveyTimeout)
	}
	return activation
}

// pathsOf are those of bundles, for people.
func pathsOf(bundles []trust.Bundle) string {
	var paths []string
	for _, bundle := range bundles {
		if bundle.IsPath() {
			paths = append(paths, bundle.Path)
		}
	}
	return strings.Join(paths, " and ")
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

// newActivation returns what obtains the license. It reads the network's settings only before the first request, and
// then calls warn with each warning about them.
func (s settings) newActivation(
	network connect.Settings, volume *file.Volume, cred credential.Credential, log *zap.Logger, warn func(string),
) *activate.Activation {
	var warned atomic.Bool
	newTransport := func() (*connect.Transport, []string) {
		names := s.names(log, &warned)
		transport, warnings := connect.NewTransport(s.cfg.Endpoint.URL, network, names)
		return transport, append(warnings, names.Warnings()...)
	}
	prepare := func(ctx context.Context, a *activate.Activation) {
		defer waiting.For(ctx, func() string {
			return "the certificate authorities in " + cmp.Or(pathsOf(network.Bundles), "the image")
		})()
		transport, warnings := newTransport()
		for _, warning := range warnings {
			warn(warning)
		}
		a.Transport = transport
		a.Anew = func() http.RoundTripper {
			again, _ := newTransport()
			again.Learn(transport)
			transport = again
			return again
		}
		inContainer, _ := doctor.ContainerOf(s.cfg).Inside()
		a.Machine.CI, a.Machine.System = s.cfg.CI != "", machine.System(inContainer)
		if a.Machine.ID == "" {
			var notKept error
			if a.Machine.ID, notKept = machine.ID(volume); errors.Is(notKept, file.ErrEmptyDirectory) {
				warn("each start is another machine to the licensing server: " + notKept.Error())
			}
		}
	}
	return &activate.Activation{
		Config:     s.cfg.Licensing,
		Credential: cred,
		Product:    license.Product{Name: license.ProductName, Version: s.version()},
		Prepare:    prepare,
		Store:      activate.NewStore(volume, s.cfg.Root, log),
		Log:        log,
	}
}

// sources are the places of the credential.
func (s settings) sources() credential.Sources {
	from := s.cfg.Sources()
	for _, variable := range []string{
		credential.OverrideVariable, credential.APIKeyVariable, credential.AuthTokenVariable,
	} {
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
	if s.cfg.Endpoint.Exposure() == config.Exposed {
		s.issues(report.Logger).Warn("API_ENDPOINT=" + s.cfg.Endpoint.String() +
			" is not encrypted: anyone in between can read your Auth Token")
	}
}
