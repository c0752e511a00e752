package activate

import (
	"context"

	"go.uber.org/zap"
)

// Rehearse finds out how Run would end now, and changes nothing on disk.
//
// A CI Auth Token pays a credit for a license, and so may a legacy key, which
// can be one for CI. Unless spend is true, the server is then only asked to
// activate a license that nobody has: it judges the credential first, and the
// Result has no document.
func (a *Activation) Rehearse(ctx context.Context, spend bool) (Result, error) {
	rehearsal := *a
	rehearsal.dry, rehearsal.Log = true, zap.NewNop()
	rehearsal.free = !spend && !a.Credential.IsDeveloper()
	return rehearsal.obtain(ctx)
}
