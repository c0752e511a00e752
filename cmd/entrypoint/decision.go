package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/hook"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

// decision is the way from the environment to the emulator. Each has a copy of the
// environment of its own.
type decision struct {
	*start
	environ config.Environ
}

func (s *start) newDecision() *decision {
	return &decision{start: s, environ: s.inVenv()}
}

// decide is the story of a decision: what to run with which environment, or why
// there is nothing to run.
func (s *start) decide(ctx context.Context, again bool) (supervise.Decision, error) {
	var none supervise.Decision
	s.remember = nil
	if s.problem != nil {
		return none, s.problem
	}
	if !again {
		for _, warning := range s.environ.Warnings {
			s.log.Warn(warning)
		}
	}
	d := s.newDecision()
	path, argv, err := d.findCommand(d.environ, d.command)
	if err != nil {
		return none, err
	}
	pro, err := d.activate(ctx)
	if err != nil {
		return none, err
	}
	decision := supervise.Decision{
		Command: supervise.Command{Path: path, Args: argv, Env: d.environ.HandOver(pro, s.supervisor())},
	}
	if pro != nil {
		s.stored.Store(true)
		decision.After = func() { s.settle(0) }
	}
	return decision, nil
}

// supervisor is the process to ask for a restart, 0 for none.
func (s *start) supervisor() int {
	if s.cfg.Supervise.Or(os.Getpid() == 1) {
		return os.Getpid()
	}
	return 0
}

// inVenv is the environment of the hooks and the emulator: a copy with what sourcing
// the venv's activate script does for a shell, as the image's own entrypoint did.
func (s settings) inVenv() config.Environ {
	environ, venv := s.environ.Clone(), s.cfg.Root.Venv()
	if exists(venv) {
		path, _ := environ.Lookup("PATH")
		path = cmp.Or(path, supervise.DefaultPath)
		environ.Set("PATH", filepath.Join(venv, "bin")+":"+path)
		environ.Set("VIRTUAL_ENV", venv)
	}
	return environ
}

// findCommand is what will be started. It is looked for before the activation,
// which may cost a credit, and after the hooks, which may install it.
func (s settings) findCommand(environ config.Environ, given []string) (path string, argv []string, err error) {
	argv = given
	if len(argv) == 0 {
		argv = s.cfg.Command
	}
	if len(argv) == 0 {
		argv = []string{"emulator"}
		if python := s.cfg.Root.Python(); exists(python) {
			argv = []string{python, "-m", "localstack.runtime.main"}
		}
	}
	path, err = supervise.Find(argv[0], environ.Entries)
	return path, argv, err
}

// hooks is the process of the BOOT hooks. They get the limit for core files that
// the container was given, and so do we: it is the kernel that must not dump us.
func hooks() (code int) {
	supervise.RestoreStopSignals()
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	s := newStart(nil, supervise.CoreLimit{})
	defer s.leave(&code)
	_, err := task.Run(context.Background(), func(ctx context.Context) (any, error) {
		s.runHooks(ctx)
		return nil, nil
	})
	if err != nil {
		code, tell := s.fail(err)
		tell()
		return code
	}
	return 0
}

// hasHooks reports whether there is anything to do for a process of BOOT hooks, if
// only to say that they cannot be read.
func (s *start) hasHooks() bool {
	if s.problem != nil {
		return false // it ends the start before they could matter
	}
	if unix.Access(hook.Boot.Dir(s.cfg.Root), unix.F_OK) != nil {
		return false // by far the most frequent case
	}
	scripts, err := hook.Find(s.cfg.Root, hook.Boot)
	return len(scripts) > 0 || err != nil
}

// hooksProcess is the process for BOOT hooks, nil when there are none.
func (s *start) hooksProcess() *supervise.Command {
	if !s.hasHooks() {
		return nil
	}
	return &supervise.Command{Path: self, Args: []string{hooksName}, Env: s.environ.Given}
}

// runHooks runs the BOOT scripts. None of them can stop the start.
func (s *start) runHooks(ctx context.Context) {
	runner := hook.Runner{
		Root:   s.cfg.Root,
		Env:    s.newDecision().environ.Entries,
		Stdout: os.Stdout, Stderr: os.Stderr,
		Report: func(script hook.Script, err error) {
			if err != nil {
				s.log.Error("Error while running script " + script.Path + ": " + err.Error())
			} else {
				s.log.Debug("script "+script.Path, zap.String("state", string(script.State)))
			}
		},
	}
	runner.Run(ctx, hook.Boot)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
