package fault

import (
	"slices"
	"strings"
)

// MoreSpecific are the rows that say more exactly what the row says, as network.dns.docker does
// of network.dns.
func (r Row) MoreSpecific() []Row {
	return slices.DeleteFunc(Table(), func(row Row) bool { return !strings.HasPrefix(string(row.ID), string(r.ID)+".") })
}

// Similar are the rows whose IDs contain what was typed, or else as much of its beginning as any ID does, but four
// characters at least.
func Similar(typed string) []Row {
	const shortest = 4
	rows := Table()
	for text := strings.ToLower(typed); len(text) >= shortest; text = text[:len(text)-1] {
		lacks := func(row Row) bool { return !strings.Contains(string(row.ID), text) }
		found := slices.DeleteFunc(slices.Clone(rows), lacks)
		if len(found) > 0 {
			return found
		}
	}
	return nil
}
