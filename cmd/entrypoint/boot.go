package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/hook"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/machine"
	"localstack-entrypoint/internal/netcheck"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
)

// shortestLife is how long a start that fails lives at least. Clients that
// attach to a container need a moment: a banner printed right before the exit
// is lost to some, and an instant exit makes others wait for ever.
const shortestLife = 700 * time.Millisecond

// longestLook bounds what finding out why costs a start that has failed.
const longestLook = 1200 * time.Millisecond

// start is what the boot stage is asked to do.
type start struct {
	// command is what to run; empty for the default one.
	command []string
	// release ends what only the boot stage does about signals, right before
	// it becomes the emulator. The error says that it must not.
	release func() error
	// init is the process that supervises us, 0 for none.
	init int
	// again is true after a restart in place.
	again bool
	// alone is true for PID 1 without an init.
	alone bool
}

// bootStage is one start, from the environment to the emulator.
type bootStage struct {
	start
	cfg     config.Config
	environ config.Environ
	out     *report.Reporter
	log     *zap.Logger
}

// boot runs the boot stage. It returns only when the emulator was not started,
// with the exit code that says why.
func boot(ctx context.Context, s start) int {
	began := time.Now()
	b, err := prepare(s)
	if err == nil {
		err = b.run(ctx)
	}
	code := b.exitCode(err)
	if s.init != 0 || s.alone {
		select {
		case <-time.After(shortestLife - time.Since(began)):
		case <-ctx.Done():
		}
	}
	return code
}

// prepare reads the configuration. It returns a stage that can report also
// when there is an error.
func prepare(s start) (*bootStage, error) {
	cfg, environ, err := config.Load()
	out := report.New(stderr(), cfg.Logging)
	for _, secret := range []credential.Secret{cfg.AuthToken, cfg.APIKey} {
		out.HideText(secret)
	}
	// What a library prints by itself could be anything.
	log.SetOutput(io.Discard)
	return &bootStage{start: s, cfg: cfg, environ: environ, out: out, log: out.Log(report.Logger)}, err
}

// stderr is standard error under another number: os.Stderr would end the
// process when nobody reads it any more.
func stderr() *os.File {
	fd, err := unix.FcntlInt(uintptr(unix.Stderr), unix.F_DUPFD_CLOEXEC, unix.Stderr+1)
	if err != nil {
		return os.Stderr
	}
	return os.NewFile(uintptr(fd), os.Stderr.Name())
}

// run is the story of a start. It returns why there is no emulator.
func (b *bootStage) run(ctx context.Context) error {
	for _, warning := range b.environ.Warnings {
		b.log.Warn(warning)
	}
	b.enterVenv()
	if !b.again {
		b.runHooks(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	path, argv, err := b.findCommand()
	if err != nil {
		return err
	}
	pro, err := b.activate(ctx)
	if err != nil {
		return err
	}
	if err := b.release(); err != nil {
		return err
	}
	return supervise.Exec(path, argv, b.environ.HandOver(pro, b.init))
}

// exitCode prints a failure and returns its code; a signal is no failure.
func (b *bootStage) exitCode(err error) int {
	var stopped *supervise.Stopped
	if errors.As(err, &stopped) {
		return stopped.ExitCode()
	}
	failed, ok := fault.Find(asFault(err))
	if !ok {
		failed = fault.New(fault.ConfigInvalid, "%s", err)
	}
	code := failed.Row().Exit
	if code != fault.ExitLicense || bool(b.cfg.LogIssues) {
		b.out.Failure(failed)
	}
	return code
}

// asFault gives a command that cannot be run its row of the failure table.
func asFault(err error) error {
	var notStarted *supervise.StartError
	if errors.As(err, &notStarted) {
		id := fault.CommandNotExecutable
		if notStarted.Code == supervise.CodeNotFound {
			id = fault.CommandNotFound
		}
		return fault.New(id, "%.200s: %s", notStarted.Path, notStarted.Err).Because(err)
	}
	return err
}

// venv is where LocalStack's image keeps its Python environment.
func (b *bootStage) venv() string { return filepath.Join("/", b.cfg.Root, "opt/code/localstack/.venv") }

// enterVenv does for the hooks and the emulator what sourcing the venv's
// activate script does for a shell, as the image's own entrypoint did.
func (b *bootStage) enterVenv() {
	if !exists(b.venv()) {
		return
	}
	path, _ := b.environ.Lookup("PATH")
	path = cmp.Or(path, supervise.DefaultPath)
	b.environ.Set("PATH", filepath.Join(b.venv(), "bin")+":"+path)
	b.environ.Set("VIRTUAL_ENV", b.venv())
}

// runHooks runs the BOOT scripts. None of them can stop the start.
func (b *bootStage) runHooks(ctx context.Context) {
	runner := hook.Runner{
		Root:   filepath.Join("/", b.cfg.Root, "etc/localstack/init"),
		Env:    b.environ.Entries,
		Stdout: os.Stdout, Stderr: os.Stderr,
		Report: func(script hook.Script, err error) {
			if err != nil {
				b.log.Error("Error while running script " + script.Path + ": " + err.Error())
			} else {
				b.log.Debug("script "+script.Path, zap.String("state", string(script.State)))
			}
		},
	}
	runner.Run(ctx, hook.Boot)
}

// findCommand is what will be started. It is looked for before the activation,
// which may cost a credit, and after the hooks, which may install it.
func (b *bootStage) findCommand() (path string, argv []string, err error) {
	argv = b.command
	if len(argv) == 0 {
		argv = b.cfg.Command
	}
	if len(argv) == 0 {
		argv = []string{"emulator"}
		if python := filepath.Join(b.venv(), "bin/python"); exists(python) {
			argv = []string{python, "-m", "localstack.runtime.main"}
		}
	}
	path, err = supervise.Find(argv[0], b.environ.Entries)
	return path, argv, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// activate obtains the licence. It returns the credential to hand to the
// emulator, nil when pro features are to be off.
func (b *bootStage) activate(ctx context.Context) (*credential.Credential, error) {
	if !b.cfg.ActivatePro {
		return nil, nil
	}
	pro, err := b.findCredential()
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
	if _, err := activation.Run(ctx); err != nil {
		return nil, b.explain(ctx, err)
	}
	return &pro, nil
}

// findCredential reads the credential. It is an error that there is none.
func (b *bootStage) findCredential() (credential.Credential, error) {
	pro, err := credential.Read(b.cfg.Sources())
	if err == nil && !pro.IsSet() {
		err = b.missing()
	}
	return pro, err
}

// explain looks at the network once it has failed us, to say exactly why. Not
// before: on the happy path it would cost, and tell nothing.
func (b *bootStage) explain(ctx context.Context, err error) error {
	failed, ok := fault.Find(err)
	if !ok || !doctor.Explains(failed) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	var checks []fault.Check
	b.survey().Look(ctx, func(check fault.Check) { checks = append(checks, check) })
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

// missing says which of the variables are absent, and which are there but blank.
func (b *bootStage) missing() error {
	for _, variable := range []string{credential.AuthTokenVariable, credential.APIKeyVariable} {
		if _, blank := b.environ.Lookup(variable); blank {
			return fault.New(fault.CredentialsMissing, "%s is set, but blank", variable)
		}
	}
	return fault.New(fault.CredentialsMissing, "neither %s nor %s is set", credential.AuthTokenVariable, credential.APIKeyVariable)
}

// adviseOn warns of credentials that work but should not be used like this.
func (b *bootStage) adviseOn(pro credential.Credential) {
	if b.cfg.CI != "" && pro.IsDeveloper() {
		b.log.Warn(pro.Origin + " holds a Developer Auth Token (ls-…), but CI is set: use a CI Auth Token (lsci-…), see https://app.localstack.cloud/workspace/auth-tokens")
	}
	if endpoint := b.cfg.Endpoint; endpoint.Scheme == "http" && !isLoopback(endpoint.URL) {
		b.log.Warn("API_ENDPOINT=" + endpoint.String() + " is not encrypted: anyone in between can read your Auth Token")
	}
}

func isLoopback(endpoint *url.URL) bool {
	address, err := netip.ParseAddr(endpoint.Hostname())
	return endpoint.Hostname() == "localhost" || err == nil && address.IsLoopback()
}
