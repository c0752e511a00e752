package emulator

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/hook"
)

// allStages lists the stages in the order they happen.
func allStages() []hook.Stage { return []hook.Stage{hook.Boot, hook.Start, hook.Ready, hook.Shutdown} }

// parseStage reads the name of a stage in any case; ok is false for a name that is none.
func parseStage(name string) (stage hook.Stage, ok bool) {
	stage = hook.Stage(strings.ToUpper(name))
	return stage, slices.Contains(allStages(), stage)
}

// stages runs the init hooks and keeps the record that /_localstack/init shows.
type stages struct {
	runner hook.Runner
	log    *zap.SugaredLogger
	flush  func()

	mu        sync.Mutex
	scripts   map[hook.Stage][]hook.Script
	completed map[hook.Stage]bool
}

func newStages(o Options, p Process, log *zap.SugaredLogger) *stages {
	s := &stages{
		runner: hook.Runner{
			Root: o.Root, Env: p.Environ, Stdout: p.HookStdout, Stderr: p.HookStderr,
		},
		log:     log,
		flush:   p.flush,
		scripts: map[hook.Stage][]hook.Script{},
		// The entrypoint has run BOOT. Its scripts stay UNKNOWN here.
		completed: map[hook.Stage]bool{hook.Boot: true, hook.Start: false, hook.Ready: false, hook.Shutdown: false},
	}
	s.runner.Report = s.report
	for _, stage := range allStages() {
		s.find(stage)
	}
	return s
}

// find lists the scripts of a stage again: an earlier stage may have added some.
func (s *stages) find(stage hook.Stage) {
	scripts, _ := hook.Find(s.runner.Root, stage) // run reports what cannot be read
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[stage] = scripts
}

// run runs a stage. It is not completed if ctx ends first.
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
	if script.State == hook.Running {
		s.flush() // it will write to the same files
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

// status returns which stages are completed, and the state of every script of the
// given stages; never nil.
func (s *stages) status(of ...hook.Stage) (completed map[hook.Stage]bool, scripts []scriptStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	scripts = []scriptStatus{}
	for _, stage := range of {
		for _, script := range s.scripts[stage] {
			scripts = append(scripts, scriptStatus{stage, filepath.Base(script.Path), script.State})
		}
	}
	return maps.Clone(s.completed), scripts
}
