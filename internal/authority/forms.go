package authority

import (
	"context"
	"strings"
)

// sentKept is how long a form that was sent is remembered: as long as the session may last in which it was shown.
const sentKept = SessionLife

type formKey struct{}

// WithForm returns a context for a change that a form with this ID asks for. A second change with the same ID is a
// [Refusal] with the Field "form": somebody has pressed a button twice, or gone back and pressed it again. An empty ID
// is that of a form that may be sent again. A change that is refused or fails does not use up the ID.
func WithForm(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, formKey{}, id)
}

// sentForm is the ID that [WithForm] has set; empty without one.
func sentForm(ctx context.Context) string {
	id, _ := ctx.Value(formKey{}).(string)
	return id
}

// sendForm notes that the form of a context was sent, in the transaction of what it asks for.
func (t *tx) sendForm() error {
	id := sentForm(t.ctx)
	if id == "" {
		return nil
	}
	if len(id) > 64 || strings.Trim(id, alphanumerics) != "" {
		return invalid("form", "this is not a form of this server: load the page again")
	}
	rows, err := t.exec("INSERT INTO sent_forms (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", id, t.now.Unix())
	if err == nil && rows == 0 {
		err = Refusal{Verdict: Conflict, Field: "form", text: "this form was sent before, and counts once"}
	}
	return err
}
