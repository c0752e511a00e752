package proxy

import "strings"

// Oddity is why requests cannot use value, although [Parse] can; "" for none. It completes a sentence that
// begins with the variable's name.
func Oddity(value string) string {
	const instead = ", with which the emulator's Python cannot use it; write it as http://proxy.example:3128"
	trimmed := strings.TrimSpace(value)
	switch {
	case trimmed == "":
		return ""
	case trimmed != strings.TrimSuffix(value, "\n"):
		return "has blanks around its value" + instead
	case strings.Contains(trimmed, "://"):
		return ""
	}
	// urllib3's _SCHEME_RE: a dot ends what it takes for a scheme.
	scheme, _, hasColon := strings.Cut(trimmed, ":")
	if hasColon && isScheme(strings.ToLower(scheme)) && !strings.Contains(scheme, ".") {
		return `has no "http://" before its value, without` + strings.TrimPrefix(instead, ", with")
	}
	return ""
}
