package authority

import (
	"crypto/rand"
	"encoding/base64"

	"localstack-entrypoint/internal/credential"
)

// secretLength is the size of the secrets that are no tokens: those of cookies, links and logins.
const secretLength = 32 // bytes

// randomSecret is 32 random bytes in base64url without padding, so that it can be part of a URL as it is.
func randomSecret() credential.Secret {
	secret := make([]byte, secretLength)
	_, _ = rand.Read(secret) // cannot fail: it ends the program instead
	return credential.NewSecret(base64.RawURLEncoding.EncodeToString(secret))
}
