package proxy

import "strings"

// Oddity is why requests does something else with value than its writer may expect, although [Parse] takes it; ""
// for nothing. It completes a sentence that begins with the variable's name.
func Oddity(value string) string {
	const instead = " the emulator's Python cannot use it; write it as http://proxy.example:3128"
	trimmed := strings.TrimSpace(value)
	if trimmed == "" {
		return ""
	}
	if trimmed != strings.TrimSuffix(value, "\n") {
		return "has spaces around its value, with which" + instead
	}
	_, rest, hasScheme := strings.Cut(trimmed, "://")
	if !hasScheme {
		// urllib3's _SCHEME_RE: a dot ends what it takes for a scheme.
		rest = trimmed
		scheme, _, hasColon := strings.Cut(trimmed, ":")
		if hasColon && isScheme(strings.ToLower(scheme)) && !strings.Contains(scheme, ".") {
			return `has no "http://" before its value, without which` + instead
		}
	}
	if user, _, hasUser := cutLast(rest, "@"); hasUser && user != "" && !strings.Contains(user, ":") {
		return "has a user name without a password, which Python does not send; write an empty password as in user:@proxy"
	}
	return ""
}
