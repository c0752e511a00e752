package doctor

import (
	"time"

	"localstack-entrypoint/internal/fault"
)

// Outcome is what a start would come to, in a word for programs.
type Outcome string

// Outcomes of a start.
const (
	// Online: with a license from the license server.
	Online Outcome = "online"
	// Offline: with a stored license that stands in for the server.
	Offline Outcome = "offline"
	// Community: without pro features.
	Community Outcome = "community"
	// Unknown: the license server was not asked, or not for a license.
	Unknown Outcome = "unknown"
	// Failing: there would be no start.
	Failing Outcome = "failure"
)

// Checkup is what a doctor has to say: what was looked at, and what a start
// would come to.
type Checkup struct {
	Checks  []fault.Check
	Outcome Outcome
	// Fact says the outcome for people, in a sentence.
	Fact string
	// Until is how long a start works without the server; zero when it is not known to.
	Until time.Time
	// Failure is why a start would fail; nil when it would not.
	Failure *fault.Error
	// Code is the exit code.
	Code int
}
