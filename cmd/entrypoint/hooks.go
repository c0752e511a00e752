package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/hook"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/waiting"
)

// hooks is the process of the BOOT hooks. They get the limit for core files that the container was given,
// and so do we: it is the kernel that must not dump us.
func hooks() (code int) {
	supervise.RestoreStopSignals()
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	s := newStart(nil, supervise.CoreLimit{})
	defer s.end(&code)
	s.runHooks(context.Background())
	return 0
}

// hooksCommand is the process of the BOOT hooks, nil when there are none.
func (s *start) hooksCommand() *supervise.Command {
	if !s.hasHooks() {
		return nil
	}
	command := s.selfAs(hooksName)
	command.Env = withHome(command.Env, s.findHome())
	return command
}

// hasHooks reports whether there is anything to do for a process of BOOT hooks, if only to say that they
// cannot be read.
func (s *start) hasHooks() bool {
	if s.problem != nil {
		return false // it ends the start before they could matter
	}
	if !isThere(hook.Boot.Dir(s.cfg.Root)) {
		return false // by far the most frequent case
	}
	scripts, err := hook.Find(s.cfg.Root, hook.Boot)
	return len(scripts) > 0 || err != nil
}

// foreseeHooks checks the scripts of all stages without running them.
func (s settings) foreseeHooks() doctor.Hooks {
	runner := hook.Runner{Root: s.cfg.Root, Env: s.inVenv().Entries}
	var found doctor.Hooks
	for _, stage := range []hook.Stage{hook.Boot, hook.Start, hook.Ready, hook.Shutdown} {
		count, flaws := runner.Foresee(stage)
		if stage == hook.Boot {
			found.Boot = count
		}
		if count > 0 {
			found.Counts = append(found.Counts, fmt.Sprintf("%d %s", count, stage))
		}
		found.Flaws = append(found.Flaws, flaws...)
	}
	return found
}

// runHooks runs the BOOT scripts. None of them can stop the start.
func (s *start) runHooks(ctx context.Context) {
	waits := hookWaits{ctx: ctx, say: func(line string) { s.log.Info(line) }}
	defer waits.stop()
	runner := hook.Runner{
		Root:   s.cfg.Root,
		Env:    s.forChildren().Entries,
		Stdout: os.Stdout, Stderr: os.Stderr,
		Timeout: s.cfg.BootHookTimeout.Duration(),
		Report: func(script hook.Script, err error) {
			waits.update(script)
			if err != nil {
				s.log.Error("Error while running script " + script.Path + ": " + err.Error())
			} else {
				s.log.Debug("script "+script.Path, zap.String("state", string(script.State)))
			}
		},
	}
	runner.Run(ctx, hook.Boot)
}

// hookWaits notes which hook the start waits for.
type hookWaits struct {
	ctx context.Context
	say func(line string)

	watched context.Context // nil before the first hook
	unwatch func()
	told    atomic.Bool // a line has been told since unwatch was set
	ended   func()      // the hook that runs
}

// update takes note that a hook begins or ends. After a hook that has been told of the time runs anew, so
// that one that hangs is told of soon, whatever came before it.
func (w *hookWaits) update(script hook.Script) {
	if script.State != hook.Running {
		w.end()
		return
	}
	if w.watched == nil || w.told.Load() {
		w.stop()
		w.told.Store(false)
		w.watched, w.unwatch = waiting.Watch(w.ctx, func(line string) {
			w.told.Store(true)
			w.say(line)
		})
	}
	w.ended = waiting.For(w.watched, func() string { return "the BOOT hook " + script.Path })
}

func (w *hookWaits) end() {
	if w.ended != nil {
		w.ended()
	}
}

func (w *hookWaits) stop() {
	w.end()
	if w.unwatch != nil {
		w.unwatch()
	}
}
