package main

import (
	"context"
	"net/netip"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/machine"
	"localstack-entrypoint/internal/netcheck"
	"localstack-entrypoint/internal/report"
)

// activate obtains the licence. It returns the credential to hand to the
// emulator, nil when pro features are to be off.
func (b *bootStage) activate(ctx context.Context) (*credential.Credential, error) {
	if !b.cfg.ActivatePro {
		return nil, nil
	}
	pro, err := b.sources().Find()
	if err != nil {
		return nil, err
	}
	b.out.Hide(pro)
	b.log.Debug("credential found", zap.Stringer("credential", pro), zap.String("origin", pro.Origin))
	b.adviseOn(pro)
	activation, warnings := b.activation(pro)
	for _, warning := range warnings {
		b.log.Warn(warning)
	}
	// The end of the time is for finding out why it was not enough.
	if budget := &activation.Config.ActivationTimeout; budget.Duration() > 4*longestLook {
		*budget -= config.Seconds(longestLook)
	}
	b.afterwards = activation.Remember
	if err := activation.Run(ctx); err != nil {
		return nil, b.explain(ctx, err)
	}
	return &pro, nil
}

// explain looks at the network once it has failed us, to say exactly why. Not
// before: on the happy path it would cost, and tell nothing.
func (b *bootStage) explain(ctx context.Context, err error) error {
	failed, ok := fault.Find(err)
	if !ok || !doctor.Explains(failed) {
		return err
	}
	looking, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	var checks []fault.Check
	b.survey().Look(looking, func(check fault.Check) { checks = append(checks, check) })
	if ctx.Err() != nil {
		return context.Cause(ctx) // a signal, which is no failure
	}
	for _, check := range checks {
		b.log.Debug("check "+check.Name, zap.String("state", string(check.State)), zap.String("fact", check.Fact), zap.Strings("evidence", check.Evidence))
	}
	return doctor.Explain(failed, checks)
}

// survey looks at the way to the licence server.
func (b *bootStage) survey() *netcheck.Survey {
	return netcheck.NewSurvey(b.cfg.Endpoint.URL, b.cfg.Network, b.cfg.Root, b.cfg.LocalstackHost)
}

// activation is all that it takes to obtain the licence. The warnings are
// about the network's settings.
func (b *bootStage) activation(pro credential.Credential) (_ *activate.Activation, warnings []string) {
	transport, warnings := netcheck.NewTransport(b.cfg.Endpoint.URL, b.cfg.Network, b.cfg.Root, netcheck.NewResolver(b.cfg.Root))
	licensing := b.out.Log(report.LicenseLogger)
	return &activate.Activation{
		Config:     b.cfg.Licensing,
		Credential: pro,
		Product:    license.Product{Name: license.ProductName, Version: b.version()},
		Machine:    license.Machine{ID: machine.ID(b.cfg.Root), CI: b.cfg.CI != "", System: machine.System()},
		Transport:  transport,
		Store:      activate.NewStore(b.cfg.Root, licensing),
		Log:        licensing,
	}, warnings
}

// version is the version that the licence must cover: the image's, else ours.
func (b *bootStage) version() string {
	if b.cfg.BuildVersion != "" {
		return license.NormalVersion(b.cfg.BuildVersion)
	}
	return license.NormalVersion(version)
}

// sources are the places of the credential.
func (b *bootStage) sources() credential.Sources {
	from := b.cfg.Sources()
	for _, variable := range []string{credential.APIKeyVariable, credential.AuthTokenVariable} {
		if _, present := b.environ.Lookup(variable); present {
			from.Present = variable
		}
	}
	return from
}

// adviseOn warns of credentials that work but should not be used like this.
func (b *bootStage) adviseOn(pro credential.Credential) {
	if advice := pro.Advice(b.cfg.CI != ""); advice != nil {
		b.log.Warn(advice.Reason())
	}
	if b.isOverheard() {
		b.log.Warn("API_ENDPOINT=" + b.cfg.Endpoint.String() + " is not encrypted: anyone in between can read your Auth Token")
	}
}

// isOverheard tells whether others could read what is said to the licence server.
func (b *bootStage) isOverheard() bool {
	host := b.cfg.Endpoint.Hostname()
	address, err := netip.ParseAddr(host)
	isLoopback := host == "localhost" || err == nil && address.IsLoopback()
	return b.cfg.Endpoint.Scheme == "http" && !isLoopback
}
