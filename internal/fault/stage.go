package fault

import (
	"slices"
	"strings"
)

// Stage is where a failure shows first on the way of a start to its license.
type Stage int

// Stages of the way, in its order. A wrong clock shows in the dates of certificates first.
const (
	// StageNone is that of failures that are not on the way.
	StageNone Stage = iota
	StageNames
	StageConnection
	StageProxy
	StageClock
	StageTLS
	StageServer
	// StageLicense is what the licensing server itself says.
	StageLicense
)

// stageNames are the names of the stages, which are also those of the doctor's checks of them.
const stageNames = "none names connection proxy clock tls server license"

// String is the stage's name.
func (s Stage) String() string { return strings.Fields(stageNames)[s] }

// stageNamed is the stage of a name.
func stageNamed(name string) (stage Stage, known bool) {
	at := slices.Index(strings.Fields(stageNames), name)
	return Stage(at), at > 0
}

// IsNetwork reports whether something between us and the licensing server is to blame. A clock is not: it
// has been compared with the server's.
func (s Stage) IsNetwork() bool { return s >= StageNames && s <= StageServer && s != StageClock }
