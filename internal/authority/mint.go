package authority

import (
	"crypto/rand"
	"fmt"
	"strings"

	"localstack-entrypoint/internal/credential"
)

// Kind is a kind of token.
type Kind string

// The kinds of token: the two auth tokens, and the API key that came before them.
const (
	Developer Kind = "developer"
	CI        Kind = "ci"
	APIKey    Kind = "api-key"
)

// UnmarshalText reads the name of a kind, so that a Kind can be a flag.
func (k *Kind) UnmarshalText(text []byte) error {
	switch kind := Kind(text); kind {
	case Developer, CI, APIKey:
		*k = kind
		return nil
	}
	return fmt.Errorf("a token's type is %s, %s or %s", Developer, CI, APIKey)
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k), nil }

const (
	letters       = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alphanumerics = letters + "0123456789"

	apiKeyLength = 40 // characters, about 238 bits
)

// mint makes a new token by the grammar of the licensing protocol: about 165
// random bits and a checksum. An API key has no dash, so that it can never be
// taken for an auth token.
func mint(kind Kind) credential.Secret {
	prefix := credential.DeveloperPrefix
	switch kind {
	case APIKey:
		return credential.NewSecret(pick(alphanumerics, apiKeyLength))
	case CI:
		prefix = credential.CIPrefix
	}
	payload := strings.Join([]string{
		pick(letters, 4) + pick(alphanumerics, 4),
		pick(alphanumerics, 4),
		pick(alphanumerics, 4),
		pick(alphanumerics, 4),
		pick(alphanumerics, 8),
	}, "-")
	return credential.NewSecret(prefix + payload + credential.Checksum(payload))
}

// pick returns n characters of alphabet, each as likely as any other.
func pick(alphabet string, n int) string {
	// Bytes from fair on are passed over: taken modulo the alphabet's length,
	// they would favour its first characters.
	fair := 256 / len(alphabet) * len(alphabet)
	out := make([]byte, 0, n)
	for b := make([]byte, 1); len(out) < n; {
		_, _ = rand.Read(b) // cannot fail: it ends the program instead
		if int(b[0]) < fair {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(out)
}
