package doctor

import (
	"errors"
	"fmt"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
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

// conclude says what a start would come to.
func (e *examination) conclude() Checkup {
	c := e.forecast()
	c.Checks = e.checks
	return c
}

func (e *examination) forecast() Checkup {
	failed, isFailing := fault.Find(errors.Join(e.Problem, e.NoCommand, e.NoCredential, e.refusal))
	switch {
	case isFailing:
		return e.failing(e.refine(failed))
	case !bool(e.Config.ActivatePro):
		return Checkup{Outcome: Community, Fact: "A start now would work, without pro features."}
	case e.Offline && e.standIn != nil:
		return offline("A start now would work, also without the licensing server: until %s.", e.standIn.Document)
	case e.Offline:
		return Checkup{Outcome: Unknown, Fact: "Nothing here speaks against a start, but it needs the licensing server, " +
			"which was not asked."}
	case e.refusal != nil:
		return Checkup{Outcome: Unknown, Fact: "What a start now would come to is not known: the time was over before the " +
			"licensing server answered (--timeout gives more)."}
	case e.result.Unreached != nil:
		_ = e.refine(e.result.Unreached)
		return offline("A start now would work, but without the licensing server, and so only until %s.", e.result.Document)
	case e.result.Document.ID == "":
		return Checkup{Outcome: Unknown, Fact: "Nothing speaks against a start: the licensing server knows the credential. " +
			"Whether it has a license is known when it is asked for one, which may cost a CI credit; --activate does."}
	}
	return Checkup{Outcome: Online, Fact: "A start now would work, with " + e.result.Document.Name() +
		" from the licensing server."}
}

// offline is the outcome of a start with a stored license; fact has a place for how long.
func offline(fact string, stored license.Document) Checkup {
	until := stored.OfflineUntil()
	return Checkup{Outcome: Offline, Until: until, Fact: fmt.Sprintf(fact, license.FormatTime(until))}
}

// failing is the outcome of a start that fails. A start runs the BOOT hooks before
// what can fail, configuration aside; they may bring what is missing.
func (s Start) failing(failed *fault.Error) Checkup {
	code, unless := fault.ExitLicense, "A"
	switch {
	case failed.ID == fault.ConfigInvalid:
		code = fault.ExitConfig
	case s.BootHooks == 1:
		unless = "Unless its BOOT hook mends that, which the doctor does not run, a"
	case s.BootHooks > 1:
		unless = fmt.Sprintf("Unless one of its %d BOOT hooks mends that, which the doctor does not run, a", s.BootHooks)
	}
	fact := fmt.Sprintf("%s start now would fail with exit code %d (%s).", unless, failed.Row().Exit, failed.ID)
	return Checkup{Outcome: Failing, Failure: failed, Code: code, Fact: fact}
}

// refine makes a failure as exact as the checks allow, also in the check that
// met it.
func (e *examination) refine(failed *fault.Error) *fault.Error {
	exact := Explain(failed, e.checks)
	for i, check := range e.checks {
		if check.Finding == failed {
			e.checks[i].Finding = exact
		}
	}
	return exact
}
