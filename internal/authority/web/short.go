package web

// maxShort is how much of a text a list shows, in characters: a page with 50 of the longest texts stays small.
const maxShort = 48

// short is a text for a list, without its middle if it is long.
func short(text string) string {
	letters := []rune(text)
	if len(letters) <= maxShort {
		return text
	}
	const half = maxShort / 2
	return string(letters[:half]) + "…" + string(letters[len(letters)-half+1:])
}
