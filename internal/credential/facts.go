package credential

import (
	"fmt"
	"strings"
	"unicode"

	"localstack-entrypoint/internal/fault"
)

// Kind names what it is, for people.
func (c Credential) Kind() string {
	switch prefixOf(c.Reveal()) {
	case "":
		return "legacy API key"
	case DeveloperPrefix:
		return "Developer Auth Token"
	case CIPrefix:
		return "CI Auth Token"
	}
	return "Auth Token of another kind"
}

// Source is where it came from: the variable, and the file that it names.
func (c Credential) Source() string {
	if c.path == "" {
		return c.Origin
	}
	return named(c.Origin, c.path)
}

// Facts are what is known of it without asking the server, a line each, and
// nothing that must not be seen.
func (c Credential) Facts() []string {
	size := fmt.Sprintf("%d characters", len(c.Reveal()))
	facts := []string{c.Kind() + " " + c.String() + " from " + c.Source()}
	if prefix := prefixOf(c.Reveal()); prefix != "" {
		facts = append(facts, size+": the prefix "+prefix+" and groups of 8, 4, 4, 4 and 12; the checksum is right")
	} else {
		facts = append(facts, size+"; only the licensing server can tell whether a legacy API key is right")
	}
	if c.removed != "" {
		facts = append(facts, "removed around it: "+c.removed)
	}
	if c.twin != "" {
		facts = append(facts, c.twin+" has the same value")
	}
	return facts
}

// Advice is a way to use it that works, but should not be; nil without one.
func (c Credential) Advice(ci bool) *fault.Error {
	if !ci || !c.IsDeveloper() {
		return nil
	}
	return fault.New(fault.CredentialsDeveloper, "%s holds a Developer Auth Token (%s…), and the variable CI is set", c.Origin, DeveloperPrefix)
}

// Find is [Read] for who needs a credential: it is an error that there is none.
func (s Sources) Find() (Credential, error) {
	found, err := Read(s)
	if err == nil && !found.IsSet() {
		err = s.Missing()
	}
	return found, err
}

// Missing is the failure of a start without any credential: neither variable
// is there, or one is, but blank.
func (s Sources) Missing() *fault.Error {
	if s.Present != "" {
		return fault.New(fault.CredentialsMissing, "%s is set, but blank", s.Present)
	}
	return fault.New(fault.CredentialsMissing, "neither %s nor %s is set", AuthTokenVariable, APIKeyVariable)
}

// removed says what [Clean] took away to get clean from text.
func removed(text, clean string) string {
	before, after, _ := strings.Cut(text, clean)
	kinds := []struct{ one, many string }{
		{"a byte order mark", "%d byte order marks"}, {"a quote", "%d quotes"},
		{"a line end", "%d line ends"}, {"a blank", "%d blanks"},
	}
	counts := make([]int, len(kinds))
	for _, r := range strings.ReplaceAll(before+after, "\r\n", "\n") {
		switch {
		case r == '\ufeff':
			counts[0]++
		case r == '"' || r == '\'':
			counts[1]++
		case r == '\n' || r == '\r':
			counts[2]++
		case unicode.IsSpace(r):
			counts[3]++
		}
	}
	var parts []string
	for i, count := range counts {
		switch count {
		case 0:
		case 1:
			parts = append(parts, kinds[i].one)
		default:
			parts = append(parts, fmt.Sprintf(kinds[i].many, count))
		}
	}
	return strings.Join(parts, ", ")
}
