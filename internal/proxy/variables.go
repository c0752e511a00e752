package proxy

import (
	"fmt"
	"strings"
)

// Variable is an environment variable that counts, and its value.
type Variable struct{ Name, Value string }

// Concerns reports whether [Find] wants to know of a variable of this name.
func Concerns(name string) bool {
	const suffix = "_proxy"
	return len(name) > len(suffix) && strings.EqualFold(name[len(name)-len(suffix):], suffix) || name == requestMethod
}

// requestMethod is set by web servers for the programs that they start.
const requestMethod = "REQUEST_METHOD"

// Find returns the variable that counts for kind: "http", "https", "all" or "no". As in urllib's
// getproxies_environment, one of environ whose name ends in "_proxy" wins over one that ends otherwise, as in
// "HTTPS_PROXY", also when it is empty: then there is none. A program that a web server starts (CGI) ignores
// HTTP_PROXY, which a header of a request may have set. Of "no", requests has its own rule, without either.
// The warnings are sentences for the user, without the values. Blank values count as empty.
func Find(environ []Variable, kind string) (found Variable, warnings []string) {
	const suffix = "_proxy"
	var upper, lower, blank Variable // each the last one of its form
	isCGI := false
	for _, v := range environ {
		switch {
		case v.Name == requestMethod:
			isCGI = true
		case len(v.Name) != len(kind)+len(suffix) || !strings.EqualFold(v.Name[:len(kind)], kind):
		case strings.HasSuffix(v.Name, suffix):
			lower = v
		case strings.TrimSpace(v.Value) != "":
			upper = v
		case v.Value != "":
			blank = v
		}
	}
	isEmpty := strings.TrimSpace(lower.Value) == ""
	switch {
	case kind == "no": // blanks are no entry of a list
	case isEmpty && lower.Value != "":
		return Variable{}, []string{lower.blankness()}
	case lower.Name == "" && upper.Name == "" && blank.Name != "" && (kind != "http" || !isCGI):
		return Variable{}, []string{blank.blankness()}
	}
	switch {
	case upper.Name == "" || lower.Value == upper.Value:
	case !isEmpty:
		warnings = append(warnings, fmt.Sprintf("%s and %s are set to different values; %[1]s wins, as in Python",
			lower.Name, upper.Name))
	case kind == "no":
		return upper, nil
	case lower.Name != "":
		return Variable{}, []string{fmt.Sprintf("%s is set to an empty value, which switches %s off, as in Python",
			lower.Name, upper.Name)}
	case kind == "http" && isCGI:
		return Variable{}, []string{fmt.Sprintf("%s is not used because REQUEST_METHOD is set, as in Python: a web server "+
			"sets it for CGI programs, where a request can set %[1]s", upper.Name)}
	default:
		return upper, nil
	}
	if isEmpty {
		return Variable{}, warnings
	}
	return lower, warnings
}

// blankness is the warning of a value that contains only spaces, as "${HTTPS_PROXY:- }" makes it.
func (v Variable) blankness() string {
	return v.Name + " contains only spaces, which the emulator's Python takes for a proxy: its requests fail; " +
		"unset it, or set it to an empty value"
}
