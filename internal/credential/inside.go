package credential

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// mostEncodings bounds how often a text is decoded.
const mostEncodings = 3

// hasToken reports whether a correct auth token is part of text.
func hasToken(text string) bool {
	for _, part := range regexp.MustCompile(`ls[a-z]*(?:-[A-Za-z0-9]+){5}`).FindAllString(text, -1) {
		groups := strings.Split(part, "-")
		last := groups[len(groups)-1]
		if extra := len(last) - groupLengths[len(groupLengths)-1]; extra > 0 { // letters that follow the token
			part = part[:len(part)-extra]
		}
		if checkToken(part) == nil {
			return true
		}
	}
	return false
}

// isEncoded reports whether an auth token, right or mistyped, is in base64 in text, which may be quoted, have a name
// before it, and be encoded more than once.
func isEncoded(text string) bool {
	isOther := func(r rune) bool { return notAlphanumeric(r) && !strings.ContainsRune("+/-_=\r\n", r) }
	parts := strings.FieldsFunc(text, isOther)
	for _, part := range append(parts, text) {
		for range mostEncodings {
			if part = decode(part); part == "" {
				break
			}
			if hasToken(part) || prefixOf(part) != "" && strings.Count(part, "-") == len(groupLengths) {
				return true
			}
		}
	}
	return false
}

// decode is what text encodes in base64, of either alphabet, without what is around it; "" where it is no base64 of a
// text.
func decode(text string) string {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "=\r\n"))
	decoded, err := base64.RawStdEncoding.DecodeString(text) // it ignores line ends
	inner := string(decoded)
	if isUTF16(inner) {
		inner = strings.NewReplacer("\xff\xfe", "", "\xfe\xff", "", "\x00", "").Replace(inner)
	}
	inner = Clean(inner)
	if err != nil || strings.ContainsFunc(inner, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
		return ""
	}
	return inner
}

// isUTF16 reports whether text is ASCII in UTF-16, as Windows PowerShell writes files: every second byte is 0. The
// first and the last character may be cut.
func isUTF16(text string) bool {
	zeros := strings.Count(text, "\x00")
	return zeros > 1 && 2*zeros >= len(text)-3 && !strings.Contains(text, "\x00\x00")
}
