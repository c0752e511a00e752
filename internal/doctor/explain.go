package doctor

import (
	"slices"

	"localstack-entrypoint/internal/fault"
)

// Explain makes a failure to reach the licensing server as exact as the checks
// allow. A failure that is none of the network, or that they do not explain,
// stays as it is, with the checks as its evidence.
func Explain(failed *fault.Error, checks []fault.Check) *fault.Error {
	seen := failed.With(fault.Facts{Checks: checks})
	if !Explains(failed) {
		return seen
	}
	if check := causeOf(failed, checks); check != nil {
		return because(check, seen)
	}
	for _, check := range checks {
		if check.Finding != nil && check.Finding.ID == failed.ID {
			isKnown := func(remark string) bool { return slices.Contains(failed.Remarks, remark) }
			return seen.With(fault.Facts{Remarks: slices.DeleteFunc(slices.Clone(check.Finding.Remarks), isKnown)})
		}
	}
	return seen
}

// Explains reports whether checks could make failed more exact: they look at the
// way to the licensing server, which does not matter once the server has answered.
func Explains(failed *fault.Error) bool { return failed.Row().Stage.IsNetwork() }

// because is what check has found, with those facts of the failure that it does not replace.
func because(check *fault.Check, failed *fault.Error) *fault.Error {
	facts := failed.Facts
	facts.RetryAfter, facts.RequestID, facts.Remarks = 0, "", nil
	if check.Suspect || failed.Answered {
		facts.Waited, facts.Attempts = 0, 0
		facts.Remarks = []string{failed.Seen()} // the finding alone does not say what failed
	}
	finding := *check.Finding
	finding.Waited = 0 // the look is shorter than what it explains
	return finding.With(facts)
}

// causeOf is the check that found why, nil when none did.
func causeOf(failed *fault.Error, checks []fault.Check) (cause *fault.Check) {
	row := failed.Row()
	for i, check := range checks {
		switch {
		case check.Name == fault.StageTLS.String() && check.State == fault.Passed:
			cause = nil // the server has proved who it is, whatever is strange about the way to it
		case cause == nil && (check.State == fault.Failed || check.Suspect) && check.Finding.Row().Explains(row):
			cause = &checks[i]
		}
	}
	return cause
}
