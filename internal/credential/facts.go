package credential

import (
	"cmp"
	"fmt"

	"localstack-entrypoint/internal/fault"
)

// kind names what it is, for people.
func (c Credential) kind() string {
	kinds := map[string]string{
		"": "legacy API key", DeveloperPrefix: "Developer Auth Token", CIPrefix: "CI Auth Token",
	}
	return cmp.Or(kinds[prefixOf(c.Reveal())], "Auth Token of another kind")
}

// source is where it came from: the variable, and the file that it names.
func (c Credential) source() string {
	if c.path == "" {
		return c.Origin
	}
	return withPath(c.Origin, c.path)
}

// Facts are what is known of it without asking the server, a line each, and
// nothing that must not be seen.
func (c Credential) Facts() []string {
	form := "only the licensing server can tell whether a legacy API key is valid"
	if prefix := prefixOf(c.Reveal()); prefix != "" {
		form = "the prefix " + prefix + " and groups of 8, 4, 4, 4 and 12; the checksum "
		if checksChecksums() {
			form += "is correct"
		} else {
			form += "is not checked, because GODEBUG=fips140=only forbids MD5"
		}
	}
	facts := []string{
		c.kind() + " " + c.String() + " from " + c.source(),
		fmt.Sprintf("%d characters: %s", len(c.Reveal()), form),
	}
	if c.unread != "" {
		facts = append(facts, "not read because of it: "+c.unread)
	}
	return facts
}

// Advice is a way to use it in CI that works, but should not be; nil without one. ci is the value of the variable CI,
// denied is true where that is a word for no.
func (c Credential) Advice(ci string, denied bool) *fault.Error {
	if ci == "" || !c.IsDeveloper() {
		return nil
	}
	isSet := "is set"
	if denied {
		isSet = fmt.Sprintf("is set to %.20q, which counts as CI like any other value; unset it if this is not CI", ci)
	}
	return fault.New(fault.CredentialsDeveloper,
		"%s holds a Developer Auth Token (%s…), and the variable CI %s", c.Origin, DeveloperPrefix, isSet)
}

// Find is [Read] for who needs a credential: it is an error that there is none.
func (s Sources) Find() (Credential, error) {
	found, err := Read(s)
	if err == nil && !found.IsSet() {
		err = s.missing()
	}
	return found, err
}

// missing is the failure of a start without any credential: neither variable
// is there, or one is, but blank.
func (s Sources) missing() *fault.Error {
	if s.Present != "" {
		return fault.New(fault.CredentialsMissing, "%s is set, but blank", s.Present)
	}
	return fault.New(fault.CredentialsMissing, "neither %s nor %s is set", AuthTokenVariable, APIKeyVariable)
}
