package fault

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
