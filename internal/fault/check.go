package fault

import "time"

// State is how a check ended.
type State string

// States of a check.
const (
	// Passed: what was looked at is as it should be.
	Passed State = "passed"
	// Failed: a start fails of this.
	Failed State = "failed"
	// Warned: a start works, but something later may not.
	Warned State = "warned"
	// Skipped: it could not be looked at, or does not matter here.
	Skipped State = "skipped"
)

// Check is one look at something that a start depends on, and what was seen.
type Check struct {
	// Name names the check for machines and people, as in "names" or "tls".
	Name  string
	State State
	// Fact is what was seen, in a line. It never holds a secret.
	Fact string
	// Evidence are further facts that the line rests on, a line each.
	Evidence []string
	// Finding is the row of the table behind Failed and Warned; nil otherwise.
	Finding *Error
	// Suspect is true of a warning that may be why what follows fails.
	Suspect bool
	// Took is how long the look lasted.
	Took time.Duration
}

// Pass is a check that found nothing wrong.
func Pass(name, fact string, evidence ...string) Check {
	return Check{Name: name, State: Passed, Fact: fact, Evidence: evidence}
}

// Skip is a check that was not made.
func Skip(name, why string) Check { return Check{Name: name, State: Skipped, Fact: why} }

// Warn is a check whose finding does not keep a start from working.
func Warn(name string, finding *Error, evidence ...string) Check {
	return Check{Name: name, State: Warned, Fact: finding.Seen(), Finding: finding, Evidence: evidence}
}

// Suspect is a warning that may be why what follows fails.
func Suspect(name string, finding *Error, evidence ...string) Check {
	check := Warn(name, finding, evidence...)
	check.Suspect = true
	return check
}

// Fail is a check whose finding makes a start fail.
func Fail(name string, finding *Error, evidence ...string) Check {
	return Check{Name: name, State: Failed, Fact: finding.Seen(), Finding: finding, Evidence: evidence}
}
