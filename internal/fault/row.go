package fault

// Row is a failure of the table. Code in its texts stands between backticks, and words in braces for the
// facts of a case: {detail}, {server}, {host}, its {domain}, the {address} with the port, the {variable} that
// led there, and {fix}, the first fix for the platform.
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
	// Fixes are what to do, most likely first, those for one place together.
	Fixes []Fix
}

// Fix is something to do about a failure.
type Fix struct {
	// Where it applies; "" for everywhere.
	Where Place
	Do    string
}

// Explains reports whether r, which a closer look has found, says why a start failed with failed: it is
// exact, and of the same stage or an earlier one.
func (r Row) Explains(failed Row) bool {
	return r.Stage != StageNone && !r.Coarse && r.Stage <= failed.Stage
}
