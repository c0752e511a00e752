package web

import (
	"strings"
	"unicode/utf8"
)

// short is a text for a list, without its middle if it takes more than most bytes on the page: a page with 50 of the
// longest texts stays small.
func short(most int, text string) string {
	if sizeOf(text) <= most {
		return text
	}
	const mark = "…"
	letters := []rune(text)
	from, to := 0, len(letters)
	for left, first := most-len(mark), true; ; first = !first {
		next := letters[from]
		if !first {
			next = letters[to-1]
		}
		if left -= sizeOf(string(next)); left < 0 {
			return string(letters[:from]) + mark + string(letters[to:])
		}
		if first {
			from++
		} else {
			to--
		}
	}
}

// sizeOf is how many bytes a text takes on a page, where html/template escapes some characters.
func sizeOf(text string) int {
	const escaped = len("&#43;")
	size := 0
	for _, letter := range text {
		if strings.ContainsRune("\"&'+<>\x00", letter) {
			size += escaped
		} else {
			size += utf8.RuneLen(letter)
		}
	}
	return size
}
