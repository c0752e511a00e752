package authority

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"localstack-entrypoint/internal/credential"
)

// Kind is the type of a token.
type Kind string

// The two types of auth tokens, and the older API key.
const (
	Developer Kind = "developer"
	CI        Kind = "ci"
	APIKey    Kind = "api-key"
)

// UnmarshalText reads the name of a type.
func (k *Kind) UnmarshalText(text []byte) error {
	switch kind := Kind(text); kind {
	case Developer, CI, APIKey:
		*k = kind
		return nil
	}
	return fmt.Errorf("use %s, %s or %s", Developer, CI, APIKey)
}

// MarshalText writes the name of the type.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k), nil }

const (
	letters       = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alphanumerics = letters + "0123456789"

	apiKeyLength = 40 // characters, about 238 bits
)

// mint makes a token in the format of the licensing protocol: about 165 random
// bits and a checksum. An API key has no dash, so that it is never mistaken for
// an auth token.
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

// pick returns n random characters of alphabet, each equally likely.
func pick(alphabet string, n int) string {
	text := make([]byte, n)
	for i := range text {
		// Cannot fail: the program ends when there is no randomness.
		index, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		text[i] = alphabet[index.Int64()]
	}
	return string(text)
}
