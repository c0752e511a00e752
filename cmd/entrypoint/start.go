package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/outlet"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

// bannerTime is how long a failure waits for the reader of its banner: with the note of a refusal and
// outlet.LastWait at the end, a second.
const bannerTime = 600 * time.Millisecond

// Names of this program. The init starts it under the first two, so that neither an argument nor a
// variable of the user's can be taken for them.
const (
	hooksName = "localstack-hooks" // runs the BOOT hooks
	renewName = "localstack-renew" // renews the license
	digName   = "dig"              // a link to us in images without dig: our own advice names it
)

// start is what the environment and the arguments ask for, and what the way there needs.
type start struct {
	settings
	command []string // to run; empty for the default one
	core    supervise.CoreLimit
	outlet  *outlet.Outlet
	out     *report.Reporter
	log     *zap.Logger

	// volume is where licenses are stored, one for all decisions.
	volume *file.Volume
	// home is the home directory that hooks and the emulator get instead of the given one, "" for that.
	home string
	// stored is true when a decision may have stored a license, for which an exit waits.
	stored atomic.Bool
	// asks is true when the last decision asked the licensing server, and so has read the user's CA bundles.
	asks bool
	// saveRefusal notes a refusal of the last decision for the next start.
	saveRefusal func()
}

// newStart reads the environment, once for all. What it prints waits for nobody.
func newStart(command []string, core supervise.CoreLimit) *start {
	s := &start{settings: loadSettings(), command: command, core: core}
	s.outlet = outlet.New(context.Background(), unix.Stderr, func(text string) []byte {
		return report.Line(s.cfg.Format, report.Logger, text)
	})
	s.out = reporter(s.outlet, s.cfg)
	s.log = s.out.Log(report.Logger)
	s.volume = file.NewVolume(s.cfg.Root.Volume(), file.DiskTimeout)
	return s
}

// supervises reports whether this process stays and looks after the command.
func (s *start) supervises() bool { return s.cfg.Supervise.Or(mailbox.IsPID1) }

// selfAs is a process of our own program, under another name.
func (s *start) selfAs(name string) *supervise.Command {
	return &supervise.Command{Path: "/proc/self/exe", Args: []string{name}, Env: s.environ.Given}
}

// issues is the logger of the given name for what concerns the license and the way to it.
func (s *start) issues(name string) *zap.Logger {
	if s.cfg.LogIssues {
		return s.out.Log(name)
	}
	return s.out.Muted(name)
}

// slowDisk is the line about a disk that takes too long.
const slowDisk = "the disk does not respond: the stored license may be lost in a power failure"

// syncVolume waits until the disk has what was stored, within a limit or, if that is 0, however long it takes.
// It reports whether there is nothing left to wait for.
func (s *start) syncVolume(limit time.Duration) (settled bool) {
	err := s.volume.Sync(limit)
	if errors.Is(err, file.ErrTimeout) {
		if s.cfg.LogIssues {
			s.out.Line(slowDisk)
		}
		return false
	}
	if err != nil {
		s.issues(report.Logger).Warn("cannot sync the stored license to disk: " + s.volume.Base() + ": " + err.Error())
	}
	return true
}

// fail returns the exit code for an error, and what shows it to the user. A signal is no failure.
func (s *start) fail(err error) (code int, show func()) {
	if stopped, ok := errors.AsType[*supervise.Stopped](err); ok {
		return stopped.ExitCode(), func() {}
	}
	failed := s.failureOf(err, s.log)
	return failed.Row().Exit, func() {
		if s.isReported(failed) {
			s.out.Failure(failed)
		}
		s.outlet.Flush(bannerTime)
		if s.saveRefusal != nil {
			s.saveRefusal()
		}
	}
}

// end makes a panic a failure, and waits a little for the reader of what was printed.
func (s *start) end(code *int) {
	if p := task.Caught(recover()); p != nil {
		var show func()
		*code, show = s.fail(p)
		show()
	}
	s.outlet.Flush(outlet.LastWait)
}
