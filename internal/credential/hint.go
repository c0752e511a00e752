package credential

import (
	"fmt"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// onlyToken is for a text with more in it than a token.
const onlyToken = "; a correct Auth Token is part of it: use only that"

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
	case len(text) > maxLength:
		return ""
	case len(text) == 2*want && text[:want] == text[want:]:
		return "; the token is repeated"
	case prefix == "" || tokenCharacters(text) != text:
		if hasToken(text) {
			return onlyToken
		}
		return ""
	case len(text) == want:
		return ""
	}
	return fmt.Sprintf("; the token has %d instead of %d characters", len(text), want)
}

// withHint adds to what a text is instead of a token that there is one in it, unless it says what to use already.
func withHint(other *fault.Error, text string) *fault.Error {
	if other == nil || !hasToken(text) || strings.Contains(other.Detail, "use only") {
		return other
	}
	return fault.New(other.ID, "%s%s", other.Detail, onlyToken)
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
