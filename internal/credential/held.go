package credential

import (
	"slices"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

// shortestHeld is the least length in bytes of an API key that is recognized in other variables. Shorter ones are words
// such as "test", which other variables may have as well.
const shortestHeld = 8

// Held returns a function that reports whether a text is one of the credentials in the sources, whether or not it is
// the one to use. Blanks and quotes around the text do not count.
func (s Sources) Held() func(text string) bool {
	var held []string
	for _, secret := range []Secret{s.Override, s.AuthToken, s.APIKey} {
		held = append(held, Clean(secret.Reveal()))
	}
	for _, path := range []string{Clean(s.AuthTokenFile), Clean(s.APIKeyFile)} {
		if path != "" {
			content, _ := file.Read(path) // a file that cannot be read has no credential to recognize
			held = append(held, Clean(string(content)))
		}
	}
	held = slices.DeleteFunc(held, func(text string) bool { return len(text) < shortestHeld })
	return func(text string) bool {
		if len(held) == 0 {
			return false
		}
		text = Clean(text)
		return slices.Contains(held, text) && !isPlaceholder(text)
	}
}

// isPlaceholder reports whether a text only stands for a credential, and so is not secret.
func isPlaceholder(text string) bool {
	other := mistaken(AuthTokenVariable, "", text)
	return other != nil && other.ID == fault.CredentialsPlaceholder && checkToken(text) != nil
}
