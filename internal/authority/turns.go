package authority

import "context"

// turns has a place for each of those that do something at once. A pool of database/sql lets whoever waits go on in
// random order, so that some wait ten times as long as others; a channel keeps their order.
type turns chan struct{}

// inTurn is [within] for what pages show.
func inTurn[T any](ctx context.Context, s *Store, do func() (T, error)) (T, error) {
	return within(ctx, s.name, func() (T, error) {
		done, err := s.pages.take(ctx)
		if err != nil {
			var none T
			return none, err
		}
		defer done()
		return do()
	})
}

// take waits for a place. The caller gives it back with done.
func (t turns) take(ctx context.Context) (done func(), err error) {
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
