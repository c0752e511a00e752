package credential

import (
	"fmt"
	"strings"
)

// hint adds to what is wrong with a token what may have happened to it. It shows
// nothing of it but its length.
func hint(text string) string {
	prefix := prefixOf(text)
	want := len(prefix) + payloadLength + checksumLength
	switch {
	case hasExtraCharacters(text):
		return "; the token is correct without them"
	case checkToken(DeveloperPrefix+text) == nil:
		return "; the rest of the token is correct"
	case prefix == "", len(text) == want, len(text) > maxLength, tokenCharacters(text) != text:
		return ""
	case len(text) == 2*want && text[:want] == text[want:]:
		return "; the token is repeated"
	}
	return fmt.Sprintf("; the token has %d instead of %d characters", len(text), want)
}

// hasExtraCharacters reports whether a token is right but for characters that none has.
func hasExtraCharacters(text string) bool {
	rest := tokenCharacters(text)
	return rest != text && checkToken(rest) == nil
}

// tokenCharacters are those of text that an auth token may have.
func tokenCharacters(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '-' && notAlphanumeric(r) {
			return -1
		}
		return r
	}, text)
}
