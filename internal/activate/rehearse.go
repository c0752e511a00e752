package activate

import (
	"context"
	"errors"

	"go.uber.org/zap"
)

// unknownLicense is the id of a license that nobody has.
const unknownLicense = "license_00000000-0000-0000-0000-000000000000"

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

// askFree asks what costs nothing. That the server does not know that license is the best it can say.
func (a *Activation) askFree(ctx context.Context) error {
	_, err := a.post(ctx, pathActivate, unknownLicense)
	if errors.Is(err, errNotFound) {
		return nil
	}
	return err
}
