package report

import (
	"strings"
	"unicode"
)

// maxReason bounds a reason, in bytes, against servers that say too much.
const maxReason = 4000

// Plain is text made safe for a terminal and one line: no control or invisible
// characters, no broken UTF-8, no more than a screenful.
func Plain(text string) string {
	text = printable(text)
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + " …"
	}
	return text
}

// PlainLines is Plain for a text of several lines, with its tabs and without the
// bound.
func PlainLines(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for i, column := range columns {
			columns[i] = printable(column)
		}
		lines = append(lines, strings.Join(columns, "\t")+"\n")
	}
	return strings.Join(lines, "")
}

// printable is text on one line, without control and invisible characters.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
