package credential

import (
	"fmt"
	"strings"
)

// hint adds to what is wrong with a token what may have become of it, where
// the rest of it allows to tell. It shows nothing of it but its length.
func hint(text string) string {
	prefix := prefixOf(text)
	switch {
	case len(text) > maxLength:
		return ""
	case isLittered(text):
		return "; with its letters, digits and dashes only it is right"
	case checkToken(DeveloperPrefix+text) == nil:
		return "; the rest of it is right"
	case prefix == "", bare(text) != text:
		return ""
	}
	want := len(prefix) + PayloadLength + checksumLength
	if len(text) == want {
		return swapped(text)
	}
	size := fmt.Sprintf("; it has %d characters, an Auth Token of this kind has %d", len(text), want)
	switch len(text) {
	case want - 1:
		return size + ": one was probably lost"
	case want + 1:
		return size + doubled(text)
	case 2 * want:
		if text[:want] == text[want:] {
			return size + ": it stands there twice"
		}
	}
	return size
}

// bare is text without the characters that no auth token has.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '-' && notAlphanumeric(r) {
			return -1
		}
		return r
	}, text)
}

// isLittered tells whether a token is right but for such characters.
func isLittered(text string) bool {
	rest := bare(text)
	return rest != text && checkToken(rest) == nil
}

// doubled says so of a token with one character more than it should have.
func doubled(text string) string {
	for i := 1; i < len(text); i++ {
		if checkToken(text[:i]+text[i+1:]) != nil {
			continue
		}
		if text[i] == text[i-1] || strings.HasPrefix(text[i+1:], text[i:i+1]) {
			return ": one was probably doubled"
		}
		return ": one was probably added"
	}
	return ""
}

// swapped says so of a token of the right length.
func swapped(text string) string {
	for i := 1; i < len(text); i++ {
		if checkToken(text[:i-1]+text[i:i+1]+text[i-1:i]+text[i+1:]) == nil {
			return "; two characters side by side were probably swapped"
		}
	}
	return ""
}
