// Package hook finds and runs init hooks: the user's scripts of the stages
// BOOT, START, READY and SHUTDOWN, kept in boot.d, start.d, ready.d and
// shutdown.d below /etc/localstack/init.
//
// BOOT belongs to the entrypoint, the other stages to the emulator. A failing
// script never stops a stage, and nothing here prints: what happened is told
// to Runner.Report.
package hook

import (
	"path/filepath"
	"strings"

	"localstack-entrypoint/internal/layout"
)

// Stage is a moment of the start or the stop at which scripts run.
type Stage string

// The stages, in the order they happen.
const (
	Boot     Stage = "BOOT"     // before the emulator, in a process of its own
	Start    Stage = "START"    // before the gateway listens
	Ready    Stage = "READY"    // once the gateway listens
	Shutdown Stage = "SHUTDOWN" // before the gateway stops
)

// Dir is the folder of the stage's scripts of an image.
func (s Stage) Dir(root layout.Root) string {
	return filepath.Join(root.Hooks(), strings.ToLower(string(s))+".d")
}

// State tells how far a script has come.
type State string

// The states a script goes through: UNKNOWN, RUNNING, then one of the others.
const (
	Unknown    State = "UNKNOWN" // not run (yet)
	Running    State = "RUNNING"
	Successful State = "SUCCESSFUL"
	Failed     State = "ERROR"
)

// Script is one init hook.
type Script struct {
	Stage Stage
	Path  string
	State State
}
