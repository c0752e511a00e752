package authority

import (
	"context"
	"fmt"
)

// Use is the first day on which tokens activated, of those that are kept, and the last.
type Use struct{ First, Last Activation }

// MemberUse returns the use of the tokens of a member, who is named by ID or email address, that are not revoked; nil
// without any. It needs [ManageMembers], except for one's own.
func (c Scope) MemberUse(ctx context.Context, who string) (*Use, error) {
	use, err := readAs(ctx, c, anyOf{own}, func(ctx context.Context, by caller) (*Use, error) {
		member, err := c.store.member(ctx, c.store.reads, c.workspace, who)
		if err := by.maySee(member.ID, err, ManageMembers); err != nil {
			return nil, err
		}
		first, err := c.store.memberUse(ctx, member.ID, "day")
		if err != nil || len(first) == 0 {
			return nil, err
		}
		last, err := c.store.memberUse(ctx, member.ID, "day DESC")
		if err != nil || len(last) == 0 {
			return nil, err
		}
		return &Use{First: first[0], Last: last[0]}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot show the use of the tokens: %w", err)
	}
	return use, nil
}

func (s *Store) memberUse(ctx context.Context, memberID, order string) ([]Activation, error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT day, machine, count FROM activations WHERE token_id IN
		(SELECT id FROM tokens WHERE member_id = $1 AND revoked_at IS NULL)
		ORDER BY `+order+`, count DESC, machine LIMIT 1`, memberID)
	return collect(rows, err, scanActivation)
}
