package container

import (
	"context"

	"localstack-entrypoint/internal/fault"
)

// Check is a look at one thing.
type Check struct {
	Name string
	Make func(context.Context) fault.Check
}

// Checks are all checks, in the order in which they are shown.
func (c Container) Checks() []Check {
	return []Check{
		{"platform", c.platform},
		{"gateway", c.gateway},
		{"volume", c.volume},
		{"logs", c.logs},
		{docker, c.docker},
		{"memory", c.memory},
		{"processes", c.processes},
		{"confinement", c.confinement},
		{signals, c.signals},
	}
}
