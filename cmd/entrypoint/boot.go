package main

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

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
	settings
	// command is what to run; empty for the default one.
	command []string
	core    supervise.CoreLimit
	outlet  *report.Outlet
	out     *report.Reporter
	log     *zap.Logger
	// disk is the volume's, one for all decisions.
	disk *file.Volume
	// stored is true when a decision may have stored something, for which an exit waits.
	stored atomic.Bool
	// remember notes a refusal of the last decision for the next start.
	remember func()
}

// newStart reads the environment, once for all. What it prints waits for nobody.
func newStart(command []string, core supervise.CoreLimit) *start {
	s := &start{settings: loadSettings(), command: command, core: core}
	s.outlet = report.NewOutlet(context.Background(), unix.Stderr, s.cfg.Format)
	s.out = reporter(s.outlet, s.cfg)
	s.log = s.out.Log(report.Logger)
	s.disk = s.volume(file.Patience)
	return s
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
	code := supervise.Run(context.Background(), plan, supervise.Options{
		ShutdownTimeout: process.ShutdownTimeout.Duration(),
		LeaderOnly:      !bool(process.KillGroup),
		Rewrite:         process.Rewrite,
		ExitCodes:       process.ExitCodes,
		RestartOnCrash:  int(process.RestartOnCrash),
		ChoreEvery:      process.RenewalInterval.Duration(),
		ParentDeath:     unix.Signal(process.ParentDeath),
		CoreLimit:       s.core,
		Warn:            s.out.Line,
	})
	if s.stored.Load() {
		s.disk.Allow(file.Patience)
		s.settle(file.Patience)
	}
	return code
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
		settled := s.settle(file.Patience)
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

// unsettled is the line about a disk that takes too long.
const unsettled = "the disk does not respond: the stored license may be lost in a power failure"

// settle waits until the disk has what was stored, within a limit or, if that is 0,
// however long it takes. It reports whether there is anything left to wait for.
func (s *start) settle(limit time.Duration) (settled bool) {
	err := s.disk.Sync(limit)
	if errors.Is(err, file.ErrSlow) {
		s.out.Line(unsettled)
		return false
	}
	if err != nil {
		s.log.Warn("cannot sync the stored license to disk: " + s.disk.Base() + ": " + err.Error())
	}
	return true
}

// fail returns the exit code for an error, and what tells the user. A signal is
// no failure.
func (s *start) fail(err error) (code int, tell func()) {
	if isStop(err) {
		return exitCode(err), func() {}
	}
	failed := failureOf(err, s.log)
	return failed.Row().Exit, func() {
		if s.isTold(failed) {
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

// failureOf gives an error its row of the failure table. Where a panic happened is
// for those who ask for it.
func failureOf(err error, log *zap.Logger) *fault.Error {
	if p, ok := errors.AsType[*task.Panic](err); ok {
		log.Debug("panic", zap.ByteString("stack", p.Stack))
		return fault.New(fault.InternalPanic, "%.200s", p)
	}
	if failed, ok := fault.Find(asFault(err)); ok {
		return failed
	}
	return fault.New(fault.ConfigInvalid, "%s", err)
}

// asFault gives a command that cannot be run its row of the failure table.
func asFault(err error) error {
	var notStarted *supervise.StartError
	if errors.As(err, &notStarted) {
		id := fault.CommandNotExecutable
		if notStarted.Code == fault.ExitNotFound {
			id = fault.CommandNotFound
		}
		return fault.Wrap(err, id, "%.200s: %s", notStarted.Path, notStarted.Err)
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
