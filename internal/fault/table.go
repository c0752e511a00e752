package fault

import "strings"

// Row returns the failure's row of the table.
func (e *Error) Row() Row {
	if row, ok := Lookup(e.ID); ok {
		return row
	}
	return Row{ID: e.ID, Exit: ExitFailed, Reason: "{detail}."}
}

// Lookup returns the row of the table that has the ID.
func Lookup(id ID) (Row, bool) {
	_, rest, found := strings.Cut(table, "## "+string(id)+": ")
	if !found {
		return Row{}, false
	}
	section, _, _ := strings.Cut(rest, "\n#")
	row, _ := parse(string(id) + ": " + section) // tests parse them all
	return row, true
}

// Kind is the rows about one thing.
type Kind struct {
	Name string
	Rows []Row
}

// Kinds are all rows by kind, about in the order in which a start meets them.
func Kinds() (kinds []Kind) {
	chapters, _, _ := strings.Cut(table, shared)
	for _, chapter := range strings.Split(chapters, "\n# ")[1:] {
		sections := strings.Split(chapter, "\n## ")
		kind := Kind{Name: strings.TrimSpace(sections[0])}
		for _, section := range sections[1:] {
			row, _ := parse(section)
			kind.Rows = append(kind.Rows, row)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// Table is all rows.
func Table() (all []Row) {
	for _, kind := range Kinds() {
		all = append(all, kind.Rows...)
	}
	return all
}

// Texts are the words of the whole table.
func Texts() string { return unwrap(table) }
