package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

// flushTime is how long an end waits for the reader of the log, bannerTime how long
// a failure's banner does.
const (
	flushTime  = 200 * time.Millisecond
	bannerTime = 600 * time.Millisecond // with the note of a refusal and flushTime at the end, a second
)

// start is what the environment and the arguments ask for.
type start struct {
	cfg     config.Config
	environ config.Environ
	// problem is what is wrong with the configuration.
	problem error
	// command is what to run; empty for the default one.
	command []string
	core    supervise.CoreLimit
	outlet  *report.Outlet
	out     *report.Reporter
	log     *zap.Logger
	// disk is the volume's, one for all decisions.
	disk *file.Volume
	// remember notes a refusal of the last decision for the next start.
	remember func()
}

// newStart reads the environment, once for all. What it prints waits for nobody.
func newStart(command []string, core supervise.CoreLimit) *start {
	s := &start{command: command, core: core}
	s.load(func(cfg config.Config) io.Writer {
		s.outlet = report.NewOutlet(context.Background(), unix.Stderr, cfg.Format)
		return s.outlet
	})
	s.disk = s.volume(context.Background(), file.Patience)
	return s
}

// newDirectStart reads the environment for a subcommand, which looks at a start. It
// prints directly: what it says is there when it ends.
func newDirectStart(command []string) *start {
	s := &start{command: command}
	s.load(func(config.Config) io.Writer { return stderr() })
	return s
}

func (s *start) load(stderr func(config.Config) io.Writer) {
	s.cfg, s.environ, s.problem = config.Load()
	s.out = reporter(stderr(s.cfg), s.cfg)
	s.log = s.out.Log(report.Logger)
	// What a library prints by itself could be anything.
	log.SetOutput(io.Discard)
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

// supervise is the way with an init.
func (s *start) supervise() int {
	supervise.Listen()
	process := s.cfg.Process
	plan := supervise.Start{
		Decide: s.decide,
		Hooks:  s.hooksProcess,
		Fail:   s.fail,
		Chore:  &supervise.Command{Path: self, Args: []string{renewName}, Env: s.environ.Given},
	}
	return supervise.Run(context.Background(), plan, supervise.Options{
		ShutdownTimeout: process.ShutdownTimeout.Duration(),
		LeaderOnly:      !bool(process.KillGroup),
		Rewrite:         process.Rewrite,
		ExitCodes:       process.ExitCodes,
		RestartOnCrash:  int(process.RestartOnCrash),
		ChoreEvery:      process.RenewalInterval.Duration(),
		ParentDeath:     unix.Signal(process.ParentDeath),
		Subreaper:       os.Getpid() != 1,
		CoreLimit:       s.core,
		Warn:            s.out.Line,
	})
}

// become is the way without an init: the same steps one after the other, and
// then this process is the emulator. free ends what only we do about signals, see
// [supervise.Context].
func (s *start) become(ctx context.Context, free func(stuck bool) error) int {
	began := time.Now()
	decided, err := task.Run(ctx, func(ctx context.Context) (supervise.Decision, error) {
		if s.hasHooks() {
			restore := s.core.Lift()
			s.runHooks(ctx)
			restore()
		}
		return s.decide(ctx, false)
	})
	if err == nil {
		settled := s.settleSoon(ctx, decided.Settle)
		flushed := s.flush(flushTime)
		err = free(!settled || !flushed)
	}
	if err == nil {
		err = supervise.Exec(decided.Command, s.core)
	}
	code, tell := s.fail(err)
	_, _ = task.Run(ctx, func(context.Context) (any, error) { tell(); return nil, nil })
	if os.Getpid() == 1 {
		select {
		case <-time.After(supervise.ShortestLife - time.Since(began)):
		case <-ctx.Done():
		}
	}
	return code
}

// settleSoon settles a decision for a process that is about to be the emulator. It
// reports whether that is done.
func (s *start) settleSoon(ctx context.Context, settle func(limit time.Duration) bool) (settled bool) {
	if settle == nil {
		return true
	}
	settled, err := task.Run(ctx, func(context.Context) (bool, error) { return settle(file.Patience), nil })
	if err == nil && !settled {
		s.out.Line(supervise.Unsettled)
	}
	return settled
}

// fail returns the exit code for an error, and what tells the user. A signal is
// no failure.
func (s *start) fail(err error) (code int, tell func()) {
	if isStop(err) {
		return exitCode(err), func() {}
	}
	failed := s.asFault(err)
	code = failed.Row().Exit
	return code, func() {
		if code != fault.ExitLicense || bool(s.cfg.LogIssues) {
			s.out.Failure(failed)
		}
		s.flush(bannerTime)
		if s.remember != nil {
			s.remember()
		}
	}
}

// flush waits for the reader of the log, but no longer than the limit. It reports
// whether everything is written.
func (s *start) flush(limit time.Duration) bool {
	return s.outlet == nil || s.outlet.Flush(limit) // who prints directly waits for each line
}

// leave is for the end of a start: a panic is a failure, and what was printed
// gets to its reader, if there is one.
func (s *start) leave(code *int) {
	if p := task.Caught(recover()); p != nil {
		var tell func()
		*code, tell = s.fail(p)
		tell()
	}
	s.flush(flushTime)
}

// asFault gives an error its row of the failure table.
func (s *start) asFault(err error) *fault.Error {
	if p, ok := errors.AsType[*task.Panic](err); ok {
		return s.panicked(p)
	}
	if failed, ok := fault.Find(asFault(err)); ok {
		return failed
	}
	return fault.New(fault.ConfigInvalid, "%s", err)
}

// panicked is our own failure. Where it happened is for those who ask for it.
func (s *start) panicked(p *task.Panic) *fault.Error {
	s.log.Debug("panic", zap.ByteString("stack", p.Stack))
	return fault.New(fault.InternalPanic, "%.200s", p)
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

// isStop reports whether err says that a signal has ended the work.
func isStop(err error) bool {
	_, ok := errors.AsType[*supervise.Stopped](err)
	return ok
}

// exitCode is the code for the end of a subcommand by a signal, or by a panic.
func exitCode(err error) int {
	if stopped, ok := errors.AsType[*supervise.Stopped](err); ok {
		return stopped.ExitCode()
	}
	return fault.ExitInternal
}
