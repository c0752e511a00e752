package doctor

import (
	"errors"
	"fmt"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// outcome is the predicted result of a start, in a word for programs.
type outcome string

// Outcomes of a start.
const (
	// outcomeOnline: with a license from the licensing server.
	outcomeOnline outcome = "online"
	// outcomeOffline: with a stored license instead of an answer of the server.
	outcomeOffline outcome = "offline"
	// outcomeCommunity: without pro features.
	outcomeCommunity outcome = "community"
	// outcomeUnknown: the licensing server was not asked, or not for a license.
	outcomeUnknown outcome = "unknown"
	// outcomeFailing: there would be no start.
	outcomeFailing outcome = "failure"
)

// Checkup is the checks of a start, and its predicted result.
type Checkup struct {
	checks  []fault.Check
	outcome outcome
	// fact says the outcome for people, in a sentence.
	fact string
	// until is how long a start works without the server; zero when that is unknown.
	until time.Time
	// failure is why a start would fail; nil when it would not.
	failure *fault.Error
	// Code is the exit code.
	Code int
}

// conclude predicts the result of a start.
func (e *examination) conclude() Checkup {
	c, platforms := e.forecast(), ContainerOf(e.Config).Platforms()
	c.checks, c.failure = fault.ChecksOn(e.checks, platforms), c.failure.On(platforms)
	return c
}

func (e *examination) forecast() Checkup {
	failed, isFailing := fault.Find(errors.Join(e.Problem, e.NoCommand, e.NoCredential, e.refusal))
	switch {
	case isFailing:
		return e.failing(e.refine(failed))
	case !bool(e.Config.ActivatePro):
		return Checkup{outcome: outcomeCommunity, fact: "A start now would work, without pro features."}
	case e.Offline && e.standIn != nil:
		return offline("A start now would work, even without the licensing server, until %s.", e.standIn.Document)
	case e.Offline:
		return unknown("Nothing found that would stop a start, but it needs the licensing server, " +
			"which was not asked (--offline).")
	case e.refusal != nil:
		return unknown("The result of a start is unknown: the licensing server did not answer in time " +
			"(--timeout waits longer).")
	case e.result.Unasked:
		return offline("A start now would work with the stored license, without asking the licensing server, until %s.",
			e.result.Document)
	case e.result.Unreached != nil:
		_ = e.refine(e.result.Unreached)
		return offline("A start now would work with the stored license, but only until %s.", e.result.Document)
	case e.result.Document.ID == "":
		return unknown("Nothing found that would stop a start: the licensing server accepts the credential. " +
			"The doctor has not requested a license, which may cost a CI credit; --activate requests one.")
	}
	return Checkup{outcome: outcomeOnline, fact: "A start now would work, with " + e.result.Document.Name() +
		" from the licensing server."}
}

// unknown is the outcome without a prediction. It has an exit code of its own: a script must not take it for a start
// that works.
func unknown(fact string) Checkup {
	return Checkup{outcome: outcomeUnknown, fact: fact, Code: fault.ExitUnknown}
}

// offline is the outcome of a start with a stored license. In fact, %s is how long it can be used.
func offline(fact string, stored license.Document) Checkup {
	until := stored.OfflineUntil()
	return Checkup{outcome: outcomeOffline, until: until, fact: fmt.Sprintf(fact, license.FormatTime(until))}
}

// failing is the outcome of a start that fails. BOOT hooks run before everything that
// can fail, except the configuration, and may install what is missing.
func (s Start) failing(failed *fault.Error) Checkup {
	code, begins := fault.ExitLicense, "A"
	switch {
	case failed.ID == fault.ConfigInvalid:
		code = fault.ExitConfig
	case s.Hooks.Boot == 1:
		begins = "Unless the BOOT hook fixes this (the doctor does not run hooks), a"
	case s.Hooks.Boot > 1:
		begins = fmt.Sprintf("Unless one of the %d BOOT hooks fixes this (the doctor does not run hooks), a", s.Hooks.Boot)
	}
	fact := fmt.Sprintf("%s start now would fail with exit code %d (%s).", begins, failed.Row().Exit, failed.ID)
	return Checkup{outcome: outcomeFailing, failure: failed, Code: code, fact: fact}
}

// refine makes a failure as exact as the checks allow, also in the check that found it.
func (e *examination) refine(failed *fault.Error) *fault.Error {
	exact := Explain(failed, e.checks)
	for i, check := range e.checks {
		if check.Finding == failed {
			e.checks[i].Finding = exact
		}
	}
	return exact
}
