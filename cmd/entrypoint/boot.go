package main

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/outlet"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

// boot is the start of a container.
func boot(command []string) (code int) {
	if !mailbox.IsPID1 {
		supervise.RestoreStopSignals()
	}
	s := newStart(command, supervise.NoCore())
	defer s.end(&code)
	if s.supervises() {
		return s.runAsInit()
	}
	return s.runWithoutInit()
}

// runAsInit runs the hooks, decides, and looks after the command.
func (s *start) runAsInit() int {
	supervise.Listen()
	process := s.cfg.Process
	code := supervise.Run(context.Background(), supervise.Start{
		Hooks:  s.hooksCommand,
		Decide: s.decide,
		Fail:   s.fail,
		Memory: s.memoryKills,
		Chore:  s.selfAs(renewName),
	}, supervise.Options{
		ShutdownTimeout: process.ShutdownTimeout.Duration(),
		WaitForGroup:    bool(process.WaitForGroup),
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
		s.volume.Allow(file.DiskTimeout)
		s.syncVolume(file.DiskTimeout)
	}
	return code
}

// memoryTime is how long the end of a command may wait for the kernel's files about its memory. They are on no disk,
// but in some containers a program of the host provides them.
const memoryTime = 100 * time.Millisecond

// memoryKills reads how many processes of this container the kernel has killed for lack of memory.
func (s *start) memoryKills() supervise.Kills {
	kills, _ := file.Ask(file.NewVolume(s.cfg.Root.At(""), memoryTime), func() (supervise.Kills, error) {
		k, err := doctor.ContainerOf(s.cfg).MemoryKills()
		return supervise.Kills{IsKnown: err == nil, Count: k.Count, IsOwn: k.IsOwn, Limit: k.Limit}, nil
	})
	return kills
}

// runWithoutInit takes the same steps one after the other. Then the command replaces this process.
func (s *start) runWithoutInit() int {
	began := time.Now()
	ctx, stopListening := context.Background(), func(bool) error { return nil }
	if mailbox.IsPID1 {
		ctx, stopListening = supervise.Context(ctx)
	}
	decided, err := task.Run(ctx, func(ctx context.Context) (supervise.Decision, error) {
		if s.hasHooks() {
			restore := s.core.Lift()
			s.runHooks(ctx)
			restore()
		}
		return s.decide(ctx, false)
	})
	if err == nil {
		// Without both, a thread of ours may hang in a system call, see [supervise.Context].
		synced, flushed := s.syncVolume(file.DiskTimeout), s.outlet.Flush(outlet.LastWait)
		err = stopListening(!synced || !flushed)
	}
	if err == nil {
		err = supervise.Exec(decided.Command, s.core)
	}
	code, show := s.fail(err)
	_, _ = task.Run(ctx, func(context.Context) (any, error) { show(); return nil, nil })
	if mailbox.IsPID1 { // or the banner would be lost to clients that attach to the container
		select {
		case <-time.After(supervise.MinLifetime - time.Since(began)):
		case <-ctx.Done():
		}
	}
	return code
}
