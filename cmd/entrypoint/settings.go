package main

import (
	"errors"
	"io"
	"log"
	"os"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/arguments"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

// settings are what the environment says. A subcommand that looks at a start, and
// makes none, needs no more of it.
type settings struct {
	cfg     config.Config
	environ config.Environ
	// problem is what is wrong with the configuration.
	problem error
}

// loadSettings reads the environment.
func loadSettings() (s settings) {
	s.cfg, s.environ, s.problem = config.Load()
	arguments.Allow(s.environ.Size(os.Args))
	// What a library prints by itself could be anything.
	log.SetOutput(io.Discard)
	return s
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

// reportFailure says why a subcommand cannot do its work, as a start would. A signal is no
// failure.
func (s settings) reportFailure(out *report.Reporter, err error) (code int) {
	if stopped, ok := errors.AsType[*supervise.Stopped](err); ok {
		return stopped.ExitCode()
	}
	failed := s.failureOf(err, out.Log(report.Logger))
	if s.isReported(failed) {
		out.Failure(failed)
	}
	return failed.Row().Exit
}

// isReported reports whether a failure is printed.
func (s settings) isReported(failed *fault.Error) bool {
	return failed.Row().Exit != fault.ExitLicense || bool(s.cfg.LogIssues)
}

// failureOf gives an error its row of the failure table. Where a panic happened is for those who ask for it.
func (s settings) failureOf(err error, log *zap.Logger) *fault.Error {
	failed, ok := fault.Find(err)
	if p, isPanic := errors.AsType[*task.Panic](err); isPanic {
		log.Debug("panic", zap.ByteString("stack", p.Stack))
		failed = fault.New(fault.InternalPanic, "%.200s", p)
	} else if !ok {
		failed = fault.New(fault.ConfigInvalid, "%s", err)
	}
	return failed.On(s.platforms())
}

// platforms are what the container runs on, as far as it can be told.
func (s settings) platforms() []fault.Place { return doctor.ContainerOf(s.cfg).Platforms() }

// usageError says what is wrong with a subcommand's arguments. It says so through a
// Reporter, since one of them may be the token.
func usageError(what string) int {
	cfg, _, _ := config.Load()
	reporter(os.Stderr, cfg).Print(what + "\n")
	return fault.ExitUsage
}
