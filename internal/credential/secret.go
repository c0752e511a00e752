// Package credential is an auth token or API key as a type: read from where
// the user put it, trimmed of what Compose and editors add, checked for typing
// mistakes, and never printed.
package credential

import (
	"fmt"
	"io"
)

// hidden is what every way of printing a Secret shows.
const hidden = "****"

// Secret is a text that no formatting verb, encoder or logger reveals. The
// text is behind a pointer because fmt prints a struct's unexported fields
// without asking their methods.
type Secret struct{ text *string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. Every call is a place to look at in a review.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet reports whether there is any text, blanks included.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// Decode lets envconfig fill a Secret.
func (s *Secret) Decode(value string) error {
	*s = NewSecret(value)
	return nil
}

// String shows stars.
func (Secret) String() string { return hidden }

// Format shows stars for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText writes stars, also into JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
