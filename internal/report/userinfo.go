package report

import "strings"

// withoutUserinfo is text with what stands before the host in every URL, a user and mostly a password, replaced.
// It finds passwords with characters that a URL gives another meaning, too. What isOurs is an example of
// our own.
func withoutUserinfo(text string, isOurs func(part string) bool) string {
	const mark = "://"
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, mark)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString(mark)
		size := userinfo(rest)
		if size > 0 && !isOurs(asciiLower(mark+rest[:size+1])) {
			out.WriteString(stars)
			rest = rest[size:]
		}
		text = rest
	}
}

// userinfo is the length of the part before the "@" at the beginning of text, which follows a scheme; 0 for none.
func userinfo(text string) int {
	if end := strings.IndexAny(text, " \t\r\n\"'<>`"); end >= 0 {
		text = text[:end]
	}
	end := strings.IndexAny(text, "/?#\\")
	if end < 0 {
		end = len(text)
	}
	if at := strings.LastIndexByte(text[:end], '@'); at >= 0 {
		return at
	}
	// http://user:pass/word@host: what follows the colon is no port, so that a password is not over.
	_, port, hasPort := strings.Cut(text[:end], ":")
	isPort := len(port) > 0 && len(port) <= 5 && strings.Trim(port, "0123456789") == ""
	if hasPort && !isPort && !strings.HasPrefix(text, "[") {
		return max(strings.LastIndexByte(text, '@'), 0)
	}
	return 0
}
