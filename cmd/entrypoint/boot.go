package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/hook"
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
	// afterwards is what can wait until a failure is printed.
	afterwards func()
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
	b.afterwards()
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
	out := reporter(stderr(), cfg)
	// What a library prints by itself could be anything.
	log.SetOutput(io.Discard)
	return &bootStage{start: s, cfg: cfg, environ: environ, out: out, log: out.Log(report.Logger), afterwards: func() {}}, err
}

// reporter prints to w, and none of the environment's secrets.
func reporter(w io.Writer, cfg config.Config) *report.Reporter {
	out := report.New(w, cfg.Logging)
	out.HideText(cfg.Secrets()...)
	return out
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

// hooks is where the init hooks are.
func (b *bootStage) hooks() string { return filepath.Join("/", b.cfg.Root, "etc/localstack/init") }

// runHooks runs the BOOT scripts. None of them can stop the start.
func (b *bootStage) runHooks(ctx context.Context) {
	runner := hook.Runner{
		Root:   b.hooks(),
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
