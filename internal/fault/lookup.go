package fault

import "strings"

// Finer are the rows that say more exactly what the row says, as network.dns.docker does
// of network.dns.
func (r Row) Finer() []Row {
	return matching(func(id string) bool { return strings.HasPrefix(id, string(r.ID)+".") })
}

// mistakes is how many wrong letters an ID may have to be recognised.
const mistakes = 3

// Like are the rows whose IDs contain text, or else those that differ from it in
// the fewest letters; there may be none.
func Like(text string) []Row {
	text = strings.ToLower(text)
	if found := matching(func(id string) bool { return strings.Contains(id, text) }); len(found) > 0 {
		return found
	}
	for wrong := 1; wrong <= mistakes; wrong++ {
		if found := matching(func(id string) bool { return distance(id, text) == wrong }); len(found) > 0 {
			return found
		}
	}
	return nil
}

func matching(wanted func(id string) bool) (found []Row) {
	for _, row := range Table() {
		if wanted(string(row.ID)) {
			found = append(found, row)
		}
	}
	return found
}

// distance is Levenshtein's: how many bytes have to be inserted, removed or
// replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // row[j] is the distance of a[:i] and b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
