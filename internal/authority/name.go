package authority

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is how long a name may be, in characters. A flag of a country is two of them, a family up to seven.
const maxName = 100

// readName returns a name in the form in which it is stored. what is whose it is, for the error. Emoji are fine, and so
// are marks that say in which direction a text runs; characters that turn around the text beside them are not.
func readName(what, text string) (string, error) {
	switch {
	case len(text) > maxName*utf8.UTFMax:
		return "", errName(what, "has %d bytes; the maximum is %d characters", len(text), maxName)
	case !utf8.ValidString(text):
		return "", errName(what, "is not valid UTF-8 text")
	}
	name := norm.NFC.String(strings.TrimSpace(text))
	switch length := utf8.RuneCountInString(name); {
	case length > maxName:
		return "", errName(what, "has %d characters; the maximum is %d", length, maxName)
	case strings.ContainsFunc(name, isDisruptive):
		return "", errName(what, "contains a line end, a control character, or one that changes the direction of a text")
	case !strings.ContainsFunc(name, isVisible):
		return "", errName(what, "is missing")
	}
	return name, nil
}

// readOptionalName is readName for a name that may be missing.
func readOptionalName(what, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	return readName(what, text)
}

// isDisruptive reports whether a character changes what is written around it: lines, and the direction of texts.
func isDisruptive(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// isVisible reports whether a character alone can be seen.
func isVisible(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) }

func errName(what, format string, args ...any) error {
	return invalid("name", "the name of the "+what+" "+format, args...)
}
