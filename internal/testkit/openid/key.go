package openid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
)

// Key signs tokens (RFC 7515) with ES256.
type Key struct {
	ID      string
	private *ecdsa.PrivateKey
}

// NewKey makes a key with an ID.
func NewKey(id string) *Key {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil { // fails only for another curve
		panic(err)
	}
	return &Key{id, private}
}

// Public is the key as others see it (RFC 7517).
func (k *Key) Public() map[string]any {
	point, _ := k.private.PublicKey.Bytes() // fails only for another curve; 4, X and Y (SEC 1, section 2.3.3)
	return map[string]any{
		"kid": k.ID, "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256",
		"x": encode(point[1:33]), "y": encode(point[33:]),
	}
}

// PublicBytes is the key in DER, which a token could be signed with as if it were a secret.
func (k *Key) PublicBytes() []byte {
	content, _ := x509.MarshalPKIXPublicKey(&k.private.PublicKey) // fails only for another curve
	return content
}

// Sign returns a token with these claims.
func (k *Key) Sign(claims map[string]any) string {
	text := unsigned(map[string]any{"alg": "ES256", "kid": k.ID}, claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, hash[:])
	if err != nil { // fails only for another curve
		panic(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + encode(signature)
}

// SignWithSecret returns a token with these claims that says HS256, and a key of ID kid.
func SignWithSecret(secret []byte, kid string, claims map[string]any) string {
	text := unsigned(map[string]any{"alg": "HS256", "kid": kid}, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// Unsigned returns a token with these claims that says that it is not signed.
func Unsigned(claims map[string]any) string {
	return unsigned(map[string]any{"alg": "none"}, claims) + "."
}

func unsigned(header, claims map[string]any) string {
	return encode(marshal(header)) + "." + encode(marshal(claims))
}

func marshal(value any) []byte {
	content, err := json.Marshal(value)
	if err != nil { // a test's claims
		panic(err)
	}
	return content
}

func encode(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }
