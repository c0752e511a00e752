package report

import "localstack-entrypoint/internal/fault"

// Check is the JSON form of a check, in a failure and in what the doctor prints.
type Check struct {
	Name     string      `json:"name"`
	State    fault.State `json:"state"`
	Fact     string      `json:"fact"`
	ID       fault.ID    `json:"id,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Remedy   string      `json:"remedy,omitempty"`
	Evidence []string    `json:"evidence,omitempty"`
	Took     float64     `json:"took_ms"`
}

// Checks are the JSON form of checks.
func Checks(checks []fault.Check) []Check {
	var all []Check
	for _, check := range checks {
		one := Check{Name: check.Name, State: check.State, Fact: Plain(check.Fact)}
		one.Took = float64(check.Took.Microseconds()) / 1000
		if check.Finding != nil {
			one.ID, one.Reason, one.Remedy = check.Finding.ID, Plain(Sentence(check.Finding)), Plain(Remedy(check.Finding))
		}
		for _, fact := range check.Evidence {
			one.Evidence = append(one.Evidence, Plain(fact))
		}
		all = append(all, one)
	}
	return all
}
