package authority

import (
	"cmp"
	"context"
)

// Actor is who changes something, for the audit log.
type Actor struct {
	// ID is the member's; empty for the command line and for the authority itself.
	ID string
	// Name is an email address, or what else tells who it is.
	Name string
	// Address is the client's network address; empty for the command line.
	Address string
}

// Event is what happened, for the audit log. It never contains a secret.
type Event struct {
	// Workspace is the workspace's ID; empty for what concerns no workspace.
	Workspace string
	// Action is a noun and a verb, such as "token.create".
	Action string
	// Subject is the ID of what was changed.
	Subject string
	// Detail says more in words.
	Detail string
}

type actorKey struct{}

// WithActor returns a context for changes by an actor.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// actorOf is who acts in a context.
func actorOf(ctx context.Context) Actor {
	actor, _ := ctx.Value(actorKey{}).(Actor)
	return actor
}

// audit adds a row to the audit log.
func (t *tx) audit(event Event) error {
	actor := actorOf(t.ctx)
	var workspace any // NULL
	if event.Workspace != "" {
		workspace = event.Workspace
	}
	_, err := t.exec(`INSERT INTO audit (id, workspace_id, at, actor_id, actor, address, action, subject, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, newID("event_"), workspace, t.now.Unix(),
		actor.ID, cmp.Or(actor.Name, "authority"), actor.Address, event.Action, event.Subject, event.Detail)
	return err
}
