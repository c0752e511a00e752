package doctor

import (
	"context"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// Hooks is what is known of the init hooks without running any.
type Hooks struct {
	// Boot is the number of BOOT hooks.
	Boot int
	// Counts says how many there are of each stage that has any, as "2 BOOT".
	Counts []string
	// Flaws are the hooks that will not run, each with the reason.
	Flaws []string
}

// checkHooks says which hooks there are, and warns of those that will not run: a start goes on without them.
func (s Start) checkHooks(context.Context) fault.Check {
	const name = "hooks"
	switch {
	case len(s.Hooks.Flaws) > 0:
		return fault.Warn(name, fault.New(fault.HooksUnusable, "%s", s.Hooks.Flaws[0]), s.Hooks.Flaws[1:]...)
	case len(s.Hooks.Counts) == 0:
		return fault.Skip(name, "there are none")
	}
	return fault.Pass(name, strings.Join(s.Hooks.Counts, ", ")+"; each can be executed")
}
