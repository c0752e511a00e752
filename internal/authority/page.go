package authority

import "github.com/google/uuid"

// PageSize is how many rows a page of a list has.
const PageSize = 50

// Page is a part of a list.
type Page[Row any] struct {
	Rows []Row `json:"rows"`
	// Next is what the next page begins after; empty on the last page.
	Next string `json:"next,omitempty"`
}

// pageOf makes a page of rows of which up to one more was read than fits.
func pageOf[Row any](rows []Row, key func(Row) string) Page[Row] {
	if len(rows) <= PageSize {
		return Page[Row]{Rows: rows}
	}
	return Page[Row]{Rows: rows[:PageSize], Next: key(rows[PageSize-1])}
}

// beforeID is before, or the last possible ID with the prefix if before is none.
func beforeID(prefix, before string) string {
	if hasForm(prefix, before) {
		return before
	}
	return prefix + uuid.Max.String()
}
