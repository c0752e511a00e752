package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"localstack-entrypoint/internal/arguments"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
)

// decide returns the command to run and its environment, or why nothing can be started.
func (s *start) decide(ctx context.Context, again bool) (decision supervise.Decision, err error) {
	s.saveRefusal, s.asks = nil, false
	if s.problem != nil {
		return decision, s.problem
	}
	if !again {
		for _, warning := range s.environ.Warnings {
			s.log.Warn(warning)
		}
		for _, warning := range s.environ.NetworkWarnings {
			s.issues(report.Logger).Warn(warning)
		}
	}
	environ := s.forChildren()
	path, argv, err := s.findCommand(environ, s.command)
	if err != nil {
		return decision, err
	}
	if !again {
		s.warnOfVersion(argv)
	}
	cred, err := s.activate(ctx, again)
	if err != nil {
		return decision, err
	}
	s.handBundles(&environ)
	decision.Command = supervise.Command{Path: path, Args: argv, Env: environ.ForEmulator(s.handover(cred))}
	if cred != nil {
		s.stored.Store(true)
		decision.After = func() { s.syncVolume(0) }
	}
	return decision, nil
}

// handover is what was decided, for the emulator's environment; cred is the credential of the license, nil without pro
// features.
func (s *start) handover(cred *credential.Credential) config.Handover {
	told := config.Handover{Pro: cred}
	if s.supervises() {
		told.Supervisor = os.Getpid()
	}
	if cred == nil {
		told.IsCredential = s.heldCredentials()
	}
	return told
}

// heldCredentials returns a function that reports whether a value is one of the user's credentials. Credential files on
// a disk that does not answer are not waited for.
func (s *start) heldCredentials() func(value string) bool {
	sources := s.cfg.Sources()
	if sources.AuthTokenFile == "" && sources.APIKeyFile == "" {
		return sources.Held()
	}
	disk := file.NewVolume(s.cfg.Root.At(""), file.DiskTimeout)
	held, err := file.Ask(disk, func() (func(string) bool, error) { return sources.Held(), nil })
	if err != nil {
		sources.AuthTokenFile, sources.APIKeyFile = "", ""
		return sources.Held()
	}
	return held
}

// inVenv is the environment in the emulator's Python environment: a copy with what sourcing
// the venv's activate script does for a shell, as the image's own entrypoint did.
func (s settings) inVenv() config.Environ {
	environ, venv := s.environ.Clone(), s.cfg.Root.Venv()
	if exists(venv) {
		path, _ := environ.Lookup("PATH")
		path = cmp.Or(path, file.DefaultPath)
		if path = filepath.Join(venv, "bin") + ":" + path; len("PATH=")+len(path) < arguments.LongestString {
			environ.Set("PATH", path)
		}
		environ.Set("VIRTUAL_ENV", venv)
	}
	return environ
}

// referenceEmulator is the program that is run where LocalStack is not installed.
const referenceEmulator = "emulator"

// findCommand is what will be started. It is looked for before the activation,
// which may cost a credit, and after the hooks, which may install it.
func (s settings) findCommand(environ config.Environ, given []string) (path string, argv []string, err error) {
	argv = given
	if len(argv) == 0 {
		argv = s.cfg.Command
	}
	if len(argv) == 0 {
		argv = []string{referenceEmulator}
		if python := s.cfg.Root.Python(); isThere(python) {
			argv = []string{python, "-m", "localstack.runtime.main"}
		}
	}
	path, err = supervise.Find(argv[0], environ.Entries)
	if err == nil && !arguments.Fits(arguments.Size([]string{path}, argv, environ.Entries)) {
		err = fault.New(fault.CommandEnvironment, "%s", arguments.Explain(argv, environ.Entries))
	}
	return path, argv, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// isThere reports whether anything is at path, if only a link to nowhere: what is broken is named, not replaced.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
