package fault

import (
	_ "embed"
	"strings"
)

// table is every failure there is, in prose. It is read a section at a time when a failure has happened;
// a start that works never looks into it.
//
//go:embed failures.md
var table string

// shared is the heading of the texts that several sections refer to.
const shared = "\n# Texts that several failures share\n"

// Row is a failure of the table. Code in its texts stands between backticks, and {detail}, {server} and
// {host} for the facts of a case.
type Row struct {
	ID ID
	// Exit is the process's exit code.
	Exit int
	// Stage is where on the way to the license the failure shows.
	Stage Stage
	// Coarse is true of what a start sees by itself: a closer look may say more exactly why.
	Coarse bool
	// Retry reports whether starting again unchanged can help.
	Retry bool
	// More is true where it takes more than a sentence to help: the reason ends with where to read on.
	More bool
	// Title is the failure in a few words, to be found in a list.
	Title string
	// Reason says what happened, Remedy what to do; that is empty when Reason says it.
	Reason, Remedy string
	// Meaning is what the failure means, Known how the program knows.
	Meaning, Known string
	// Fixes are what to do, most probable first, those for one place together.
	Fixes []Fix
}

// Fix is something to do about a failure.
type Fix struct {
	// Where it applies: "Docker", "Compose", "Kubernetes", "Corporate network", "CI"; "" for everywhere.
	Where string
	Do    string
}

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
