// Package doctor checks everything that a start depends on, from inside the same
// container, and predicts the result of a start. A start that fails uses some of the
// same checks to say why.
package doctor

import (
	"context"
	"time"

	"localstack-entrypoint/internal/fault"
)

// Run checks everything that a start depends on, and predicts its result. It shows
// each check as soon as it and those before it are made. While one takes long, it
// calls wait with the check's name every second.
func Run(
	ctx context.Context, start Start, show func(fault.Check), wait func(name string, since time.Duration),
) Checkup {
	rehearsal := *start.Activation
	rehearsal.Config.Attempts = 1
	start.Activation = &rehearsal
	e := &examination{Start: start, rehearsed: make(chan struct{})}
	e.stored = rehearsal.Store.Load(e.Credential)
	e.standIn, e.flaw = rehearsal.StandIn(e.stored.Documents)
	e.checks = run(ctx, e.sections(), show, wait)
	return e.conclude()
}
