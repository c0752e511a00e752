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
	c := Checkup{Checks: e.checks}
	failed, _ := fault.Find(errors.Join(e.Problem, e.NoCommand, e.refusal))
	standIn, _ := e.Activation.StandIn(e.stored)
	switch {
	case failed != nil:
		failed = e.refine(failed)
		c.Outcome, c.Failure, c.Code = Failing, failed, fault.ExitLicense
		if failed.ID == fault.ConfigInvalid {
			c.Code = fault.ExitConfig
		}
		c.Fact = e.unlessMended(failed.ID) + fmt.Sprintf(" start now would fail with exit code %d (%s).", failed.Row().Exit, failed.ID)
	case !bool(e.Config.ActivatePro):
		c.Outcome, c.Fact = Community, "A start now would work, without pro features."
	case e.Offline && standIn != nil:
		c.Outcome, c.Until = Offline, standIn.Document.OfflineUntil()
		c.Fact = "A start now would work, also without the licensing server: until " + license.FormatTime(c.Until) + "."
	case e.Offline:
		c.Outcome, c.Fact = Unknown, "Nothing here speaks against a start, but it needs the licensing server, which was not asked."
	case e.refusal != nil:
		c.Outcome, c.Fact = Unknown, "What a start now would come to is not known: the time was over before the licensing server answered (--timeout gives more)."
	case e.result.Offline:
		_ = e.refine(e.result.Because)
		c.Outcome, c.Until = Offline, e.result.Document.OfflineUntil()
		c.Fact = "A start now would work, but without the licensing server, and so only until " + license.FormatTime(c.Until) + "."
	case e.result.Document.ID == "":
		c.Outcome, c.Fact = Unknown, "Nothing speaks against a start: the licensing server knows the credential. Whether it has a license is known when it is asked for one, which may cost a CI credit; --activate does."
	default:
		c.Outcome, c.Fact = Online, "A start now would work, with "+e.result.Document.Name()+" from the licensing server."
	}
	return c
}

// unlessMended begins the forecast of a failure. A start runs the BOOT hooks
// before what can fail, configuration aside; they may bring what is missing.
func (s Start) unlessMended(failure fault.ID) string {
	switch {
	case s.BootHooks == 0 || failure == fault.ConfigInvalid:
		return "A"
	case s.BootHooks == 1:
		return "Unless its BOOT hook mends that, which the doctor does not run, a"
	}
	return fmt.Sprintf("Unless one of its %d BOOT hooks mends that, which the doctor does not run, a", s.BootHooks)
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
