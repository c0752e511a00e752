package credential

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

// credentialCharacters are those that a credential may consist of. None of them
// is quoted in a message, which keeps a credential recognizable in one.
const credentialCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=:!$@%^*"

// Sources is what the environment says about credentials: a variable's value
// and the path that its _FILE twin names, for each of the two kinds.
type Sources struct {
	// Override is an auth token. Where it is set, nothing else is looked at.
	Override                  Secret
	AuthToken, APIKey         Secret
	AuthTokenFile, APIKeyFile string
	// Present is the first of the variables that is there at all, with a
	// value or blank; "" for none.
	Present string
}

// Credential is one usable auth token or API key.
type Credential struct {
	secret Secret
	// Variable is where it belongs: AuthTokenVariable or APIKeyVariable.
	Variable string
	// Origin is the variable that it came from, which may be the _FILE twin or OverrideVariable.
	Origin string
	// path is the file that a _FILE twin names.
	path string
	// unread are the variables of other credentials, over which this one wins.
	unread string
}

// Reveal returns the credential itself.
func (c Credential) Reveal() string { return c.secret.Reveal() }

// IsSet reports whether there is a credential at all.
func (c Credential) IsSet() bool { return c.secret.IsSet() }

// IsAuthToken reports whether it is an auth token, not a legacy API key, whichever variable it came in.
func (c Credential) IsAuthToken() bool { return prefixOf(c.Reveal()) != "" }

// IsDeveloper reports whether it is a developer's token, which CI should not use.
func (c Credential) IsDeveloper() bool { return prefixOf(c.Reveal()) == DeveloperPrefix }

// IsCI reports whether it is a token for CI.
func (c Credential) IsCI() bool { return prefixOf(c.Reveal()) == CIPrefix }

// IsOverride reports whether it came from OverrideVariable.
func (c Credential) IsOverride() bool { return c.Origin == OverrideVariable }

// String is the masked credential: the most that may ever be printed.
func (c Credential) String() string { return Mask(c.Reveal()) }

// Format shows String for every verb and flag.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// Read finds the credential in its sources. Without any it returns the zero
// Credential and no error. Errors are [fault.Error] of the credentials rows
// and name the variable.
func Read(from Sources) (Credential, error) {
	if text := Clean(from.Override.Reveal()); text != "" {
		found, err := accept(AuthTokenVariable, OverrideVariable, "", text)
		found.unread = from.besideOverride()
		return found, err
	}
	token, err := readOne(AuthTokenVariable, from.AuthToken, from.AuthTokenFile)
	if err != nil {
		return Credential{}, err
	}
	key, err := readOne(APIKeyVariable, from.APIKey, from.APIKeyFile)
	if err != nil {
		return Credential{}, err
	}
	switch {
	case token.IsSet() && key.IsSet() && token.Reveal() != key.Reveal():
		err := fault.New(fault.CredentialsConflict, "%s and %s have different values", token.Origin, key.Origin)
		return Credential{}, err
	case token.IsSet():
		return token, nil
	default:
		return key, nil
	}
}

// besideOverride names the variables that are set beside an override.
func (s Sources) besideOverride() string {
	var set []string
	for i, text := range []string{s.AuthToken.Reveal(), s.AuthTokenFile, s.APIKey.Reveal(), s.APIKeyFile} {
		names := [...]string{AuthTokenVariable, AuthTokenVariable + FileSuffix, APIKeyVariable, APIKeyVariable + FileSuffix}
		if Clean(text) != "" {
			set = append(set, names[i])
		}
	}
	return strings.Join(set, ", ")
}

// readOne reads a variable or its _FILE twin, and checks what it finds.
func readOne(variable string, value Secret, path string) (Credential, error) {
	origin, text := variable, Clean(value.Reveal())
	if path = Clean(path); path != "" {
		origin = variable + FileSuffix
		if text != "" {
			return Credential{}, fault.New(fault.CredentialsConflict, "both %s and %s are set", variable, origin)
		}
		content, err := file.Read(path)
		if err != nil {
			return Credential{}, fault.Wrap(err, fault.CredentialsUnreadable, "%s: %s%s", withPath(origin, path), err,
				whyMissing(path, err))
		}
		if text = Clean(string(content)); text == "" {
			return Credential{}, fault.New(fault.CredentialsUnreadable, "%s: the file is empty", withPath(origin, path))
		}
	}
	if text == "" {
		return Credential{}, nil
	}
	return accept(variable, origin, path, text)
}

// accept checks the form of a cleaned text, and returns it as a credential.
func accept(variable, origin, path, text string) (Credential, error) {
	if refused := refuse(variable, origin, text); refused != nil {
		return Credential{}, refused
	}
	return Credential{secret: NewSecret(text), Variable: variable, Origin: origin, path: path}, nil
}

// refuse says why a cleaned text is no credential, nil when it may be one. A
// token whose checksum is right is one, whatever else it looks like.
func refuse(variable, origin, text string) *fault.Error {
	err := check(variable, text)
	if err == nil && prefixOf(text) != "" {
		return nil
	}
	if isUTF16(text) {
		return fault.New(fault.CredentialsMalformed,
			"%s: it is in UTF-16, as Windows PowerShell writes files; write it in UTF-8", origin)
	}
	if err == nil || !hasExtraCharacters(text) {
		other := mistaken(variable, origin, text)
		switch {
		case other != nil:
			return withHint(other, text)
		case err == nil && hasToken(text):
			err = errors.New("it has more in it than a credential") // no API key has a token in it
		case err == nil:
			return nil
		}
	}
	return fault.New(fault.CredentialsMalformed, "%s: %s%s", origin, err, hint(text))
}

// withPath is a _FILE variable with its value. A value that is no absolute path
// may be the credential itself, put there by mistake, and is not shown.
func withPath(variable, path string) string {
	if !filepath.IsAbs(path) {
		return variable + " is not the absolute path of a file"
	}
	return fmt.Sprintf("%s=%.200q", variable, path)
}

// check says what is wrong with a cleaned credential.
func check(variable, text string) error {
	switch {
	case len(text) > maxLength:
		return fmt.Errorf("it has %d characters; the maximum is %d", len(text), maxLength)
	case strings.ContainsFunc(text, unicode.IsSpace):
		return errors.New("it contains blanks or line breaks")
	case strings.ContainsFunc(text, func(r rune) bool { return r < '!' || r > '~' }):
		return errors.New("it contains control or non-ASCII characters")
	case strings.Trim(text, credentialCharacters) != "":
		return errors.New("it contains invalid characters, such as quotes")
	case variable == APIKeyVariable && prefixOf(text) == "":
		return nil
	}
	return checkToken(text)
}
