package password

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"localstack-entrypoint/internal/credential"
)

const (
	// MinLength is how many characters a password must have. NIST SP 800-63B-4, section 3.1.1.2, wants 15 where nothing
	// but the password is asked for.
	MinLength = 15
	// MaxBytes is how many bytes a password may have: no passphrase is longer, and a hash of 10 MB is an attack.
	MaxBytes = 1024

	// minDifferent is how many different characters a password must have.
	minDifferent = 5
)

// Check returns an error that says why a member with this email may not use a password. It is a sentence for the
// member.
//
// As NIST SP 800-63B-4 has it, every character is allowed, blanks included, and none is demanded. A password that
// everybody tries first is refused.
func Check(password credential.Secret, email string) error {
	text := password.Reveal()
	switch {
	case len(text) > MaxBytes:
		return fmt.Errorf("the password is too long: use at most %d bytes", MaxBytes)
	case !utf8.ValidString(text):
		return errors.New("the password is not valid UTF-8 text")
	case utf8.RuneCountInString(text) < MinLength:
		return fmt.Errorf("the password is too short: use at least %d characters, such as four words", MinLength)
	case isObvious(strings.ToLower(normal(text)), strings.ToLower(email)):
		return errors.New("the password is easy to guess; use one that is not the email address, and not repeated " +
			"or neighboring characters")
	}
	return nil
}

// normal is the form of a password that is hashed: a letter with an accent is the same text from every keyboard.
func normal(text string) string { return norm.NFKC.String(text) }

// isObvious reports whether a password, in lower case, is one that everybody tries first.
func isObvious(password, email string) bool {
	different := map[rune]bool{}
	for _, character := range password {
		different[character] = true
	}
	name, _, _ := strings.Cut(email, "@")
	if len(different) < minDifferent || email != "" && isRepeated(password, email, name) {
		return true
	}
	for _, row := range []string{
		"1234567890", "0123456789", "0987654321", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba",
		"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
		"password", "localstack", "changeme",
	} {
		if isRepeated(password, row) {
			return true
		}
	}
	return false
}

// isRepeated reports whether a password is one of the texts again and again, from any place on.
func isRepeated(password string, texts ...string) bool {
	for _, text := range texts {
		if text != "" && strings.Contains(strings.Repeat(text, len(password)/len(text)+2), password) {
			return true
		}
	}
	return false
}
