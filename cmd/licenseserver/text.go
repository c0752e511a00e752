package main

import (
	"fmt"
	"strings"
	"unicode"
)

// plain is text for a terminal: what would move the cursor, change the direction of writing, or break a line is shown
// as its code.
func plain(text string) string {
	if !strings.ContainsFunc(text, isUnsafe) && !strings.ContainsRune(text, unicode.ReplacementChar) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // a byte that is not UTF-8 becomes U+FFFD
		if isUnsafe(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isUnsafe reports whether a terminal would do something with r other than show it. Joiners within emoji are fine.
func isUnsafe(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	case unicode.Is(unicode.Bidi_Control, r), r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}
