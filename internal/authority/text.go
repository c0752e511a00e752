package authority

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isText reports whether a text that a client sent can be in the database at all. PostgreSQL fails where it gets any
// other, which would look as if the state was not known.
func isText(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// maxClient is how much of a client's name is kept, in bytes.
const maxClient = 200

// plainText is what a client calls itself, for lists: without control characters, and without those that change the
// direction of a text, and not longer than most bytes.
func plainText(text string, most int) string {
	var kept strings.Builder
	for _, character := range text { // what is not UTF-8 becomes U+FFFD
		if kept.Len()+len(string(character)) > most {
			break
		}
		if unicode.IsPrint(character) {
			kept.WriteRune(character)
		}
	}
	return strings.TrimSpace(kept.String())
}
