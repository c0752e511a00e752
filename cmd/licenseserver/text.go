package main

import (
	"fmt"
	"strings"
	"unicode"
)

// plain is text for a terminal: what would move its cursor, hide, or turn around the text beside it is shown as its
// code.
func plain(text string) string {
	if !strings.ContainsFunc(text, isUnsafe) {
		return strings.ToValidUTF8(text, "\uFFFD")
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

// plainLines is plain for a text of several lines, which tabs may indent.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		rest := strings.TrimLeft(line, "\t")
		lines[i] = strings.Repeat("  ", len(line)-len(rest)) + plain(rest)
	}
	return strings.Join(lines, "\n")
}

// isUnsafe reports whether a terminal does something with r other than show it. The joiners of emoji and scripts, and
// the marks that only say in which direction a text runs, are fine.
func isUnsafe(r rune) bool {
	switch r {
	case '\u200c', '\u200d', '\u200e', '\u200f', '\u061c':
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cf, unicode.Co)
}
