package emulator

import (
	"context"
	"maps"
	"sync"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/hook"
)

// stages runs the init hooks and keeps the record that /_localstack/init shows.
type stages struct {
	runner hook.Runner
	log    *zap.SugaredLogger

	mu        sync.Mutex
	scripts   map[hook.Stage][]hook.Script
	completed map[hook.Stage]bool
}

func newStages(o Options, p Process, log *zap.SugaredLogger) *stages {
	s := &stages{
		runner: hook.Runner{
			Root: o.Root, Env: p.Environ, Stdout: p.Stdout, Stderr: p.Stderr,
		},
		log:     log,
		scripts: map[hook.Stage][]hook.Script{},
		// BOOT is over before we exist. Its scripts stay UNKNOWN: only the
		// entrypoint knows how they ended.
		completed: map[hook.Stage]bool{hook.Boot: true, hook.Start: false, hook.Ready: false, hook.Shutdown: false},
	}
	s.runner.Report = s.report
	for _, stage := range hook.Stages() {
		s.find(stage)
	}
	return s
}

// find refreshes the list of a stage: an earlier one may have added scripts.
func (s *stages) find(stage hook.Stage) {
	scripts, _ := hook.Find(s.runner.Root, stage) // what cannot be read is reported when the stage runs
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[stage] = scripts
}

// run runs a stage. A stage cut short by ctx does not count as completed.
func (s *stages) run(ctx context.Context, stage hook.Stage) {
	s.find(stage)
	scripts := s.runner.Run(ctx, stage)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[stage] = scripts
	s.completed[stage] = ctx.Err() == nil
}

func (s *stages) report(script hook.Script, err error) {
	if err != nil {
		s.log.Errorf("Error while running script %s: %v", script.Path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, known := range s.scripts[script.Stage] {
		if known.Path == script.Path {
			s.scripts[script.Stage][i].State = script.State
		}
	}
}

// scriptStatus is a script as /_localstack/init shows it.
type scriptStatus struct {
	Stage hook.Stage `json:"stage"`
	Name  string     `json:"name"`
	State hook.State `json:"state"`
}

// status returns which stages are completed and, for the stages asked for, the
// state of every script; never nil.
func (s *stages) status(asked ...hook.Stage) (completed map[hook.Stage]bool, scripts []scriptStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	scripts = []scriptStatus{}
	for _, stage := range asked {
		for _, script := range s.scripts[stage] {
			scripts = append(scripts, scriptStatus{stage, script.Name(), script.State})
		}
	}
	return maps.Clone(s.completed), scripts
}
