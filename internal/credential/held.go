package credential

import (
	"slices"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

// shortestHeld is the length below which an API key is a word such as "test" or "1", which other variables may have
// as well.
const shortestHeld = 8

// Held returns a function that reports whether a text is one of the credentials that the sources hold, whatever is
// around it, and whether or not it is the one to use.
func (s Sources) Held() func(text string) bool {
	var held []string
	for _, secret := range []Secret{s.Override, s.AuthToken, s.APIKey} {
		held = append(held, Clean(secret.Reveal()))
	}
	for _, path := range []string{Clean(s.AuthTokenFile), Clean(s.APIKeyFile)} {
		if path != "" {
			content, _ := file.Read(path) // what cannot be read is not known to anybody
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

// isPlaceholder reports whether a text is none that anybody has to keep secret.
func isPlaceholder(text string) bool {
	other := mistaken(AuthTokenVariable, "", text)
	return other != nil && other.ID == fault.CredentialsPlaceholder && checkToken(text) != nil
}
