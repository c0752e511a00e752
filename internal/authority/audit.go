package authority

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"
)

const eventPrefix = "event_"

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
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, newID(eventPrefix), workspace, t.now.Unix(),
		actor.ID, cmp.Or(actor.Name, "authority"), actor.Address, event.Action, event.Subject, event.Detail)
	return err
}

// Entry is a row of the audit log. Rows are never changed or removed.
type Entry struct {
	// ID is "event_" and a UUID. Those made later come later in the order of texts.
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// WorkspaceID is empty for what concerns no workspace.
	WorkspaceID string `json:"workspace_id,omitempty"`
	// ActorID is the member's who acted; empty for the command line and for the authority itself.
	ActorID string `json:"actor_id,omitempty"`
	Actor   string `json:"actor"`
	// Address is the network address of the actor; empty for the command line.
	Address string `json:"address,omitempty"`
	// Action is a noun and a verb, Subject the ID of what was changed, Detail more in words.
	Action  string `json:"action"`
	Subject string `json:"subject"`
	Detail  string `json:"detail,omitempty"`
}

// AuditLog returns a page of what happened in the workspace, the newest first: what was before the ID before, which may
// be empty. It needs [SeeAuditLog].
func (c Scope) AuditLog(ctx context.Context, before string) (Page[Entry], error) {
	page, err := readAs(ctx, c, anyOf{SeeAuditLog}, func(ctx context.Context, _ caller) (Page[Entry], error) {
		return c.store.entries(ctx, "AND workspace_id = $3", before, c.workspace)
	})
	if err != nil {
		return Page[Entry]{}, errAuditLog(err)
	}
	return page, nil
}

// selectSubjects selects what entries about the members with an email address, removed ones, too, have as subjects.
const selectSubjects = `
	SELECT m.id FROM members m WHERE m.email = $4
	UNION ALL SELECT l.id FROM members m JOIN licenses l ON l.member_id = m.id WHERE m.email = $4
	UNION ALL SELECT t.id FROM members m JOIN tokens t ON t.member_id = m.id WHERE m.email = $4`

// SearchAuditLog is [Scope.AuditLog] for the entries about the member with an email address: what they did, and what
// was done to them, their license and their tokens.
func (c Scope) SearchAuditLog(ctx context.Context, email, before string) (Page[Entry], error) {
	email, err := ReadEmail(email)
	if err != nil {
		return Page[Entry]{}, invalid("search", "search for a whole email address")
	}
	page, err := readAs(ctx, c, anyOf{SeeAuditLog}, func(ctx context.Context, _ caller) (Page[Entry], error) {
		// Each part reads an index of its own: few entries are about one member, and of what one did there is a page.
		return c.store.entriesOf(ctx, `(SELECT id AS event FROM (SELECT id FROM audit
			WHERE workspace_id = $3 AND actor = $4 AND id < $1 ORDER BY workspace_id DESC, actor DESC, id DESC LIMIT $2) AS acted
			UNION SELECT concerned.id FROM (`+selectSubjects+`) AS theirs CROSS JOIN audit AS concerned
			WHERE concerned.subject = theirs.id AND concerned.id < $1) AS found
			CROSS JOIN audit WHERE id = event AND workspace_id = $3`, before, c.workspace, email)
	})
	if err != nil {
		return Page[Entry]{}, errAuditLog(err)
	}
	return page, nil
}

// AuditLog is [Scope.AuditLog] for all workspaces, and what concerns none.
func (s *Store) AuditLog(ctx context.Context, before string) (Page[Entry], error) {
	page, err := s.entries(ctx, "", before)
	if err != nil {
		return Page[Entry]{}, errAuditLog(err)
	}
	return page, nil
}

func (s *Store) entries(ctx context.Context, where, before string, args ...any) (Page[Entry], error) {
	return s.entriesOf(ctx, "audit WHERE id < $1 "+where, before, args...)
}

func (s *Store) entriesOf(ctx context.Context, from, before string, args ...any) (Page[Entry], error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT id, at, coalesce(workspace_id, ''), actor_id, actor, address, action,
		subject, detail FROM `+from+` ORDER BY id DESC LIMIT $2`,
		append([]any{beforeID(eventPrefix, before), PageSize + 1}, args...)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (one Entry, err error) {
		var at int64
		err = rows.Scan(&one.ID, &at, &one.WorkspaceID, &one.ActorID, &one.Actor, &one.Address, &one.Action, &one.Subject,
			&one.Detail)
		one.At = moment(at)
		return one, err
	})
	return pageOf(found, func(e Entry) string { return e.ID }), err
}

func errAuditLog(err error) error { return fmt.Errorf("cannot read the audit log: %w", err) }
