package waiting

import "strings"

// misread are the words by which clients of the image take a line for another one. testcontainers waits
// for "Ready"; lstk takes a log with the word license, as every good start has it, and one of the others
// for a license that is refused (container contract, sections 6 and 9.27).
var misread = []string{"ready", "fail", "invalid", "expired", "error", "could not", "unable"}

// discreet is a line without these words. Ours have none of them; the name of a host, a file or a status
// may, and stays recognizable: "SERVFAIL" becomes "SERVF*IL".
func discreet(line string) string {
	lower := []byte(line)
	for i, c := range lower { // byte for byte, whatever the encoding
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	text := []byte(line)
	for _, word := range misread {
		for at, folded := 0, string(lower); ; {
			next := strings.Index(folded[at:], word)
			if next < 0 {
				break
			}
			at += next + 1
			text[at] = '*'
		}
	}
	return string(text)
}
