package authority

import (
	"context"
	"database/sql"
	"testing"

	"localstack-entrypoint/internal/testkit/postgres"
)

// A first token, which is made while somebody looks whether there are any, was not lost.
func TestWhatIsMadeMeanwhileIsNotLost(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		between := &betweenQuestions{querier: f.store.reads, do: func() { f.token() }}
		f.must(f.store.checkNothingLost(t.Context(), between))
		if between.do != nil {
			t.Error("no question was asked")
		}
	})
}

// betweenQuestions does something once, after the first question.
type betweenQuestions struct {
	querier
	do func()
}

func (b *betweenQuestions) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	row := b.querier.QueryRowContext(ctx, query, args...)
	if b.do != nil {
		b.do()
		b.do = nil
	}
	return row
}
