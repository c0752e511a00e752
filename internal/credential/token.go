package credential

import (
	"crypto/fips140"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// The variables that a credential comes from.
const (
	AuthTokenVariable = "LOCALSTACK_AUTH_TOKEN"
	APIKeyVariable    = "LOCALSTACK_API_KEY"
	FileSuffix        = "_FILE"
	// OverrideVariable has an auth token that wins over every other credential. Images for offline use set it.
	OverrideVariable = AuthTokenVariable + "_OVERRIDE"
)

// The grammar of an auth token: "ls", letters, "-", then groups of these
// lengths joined by "-". The last four characters are the checksum.
var groupLengths = [...]int{8, 4, 4, 4, 12}

const (
	checksumLength = 4
	// payloadLength is the number of characters between the prefix and the checksum.
	payloadLength = 8 + 1 + 4 + 1 + 4 + 1 + 4 + 1 + 8

	// DeveloperPrefix begins a developer's auth token.
	DeveloperPrefix = "ls-"
	// CIPrefix begins an auth token for CI.
	CIPrefix = "lsci-"
)

// maxLength bounds a credential; real ones have fewer than 50 characters.
const maxLength = 4096

// Checksum returns the four hex digits that end a token with this payload.
// The protocol uses MD5 to detect typing mistakes; it protects nothing.
func Checksum(payload string) string {
	sum := md5.Sum([]byte(payload))
	return hex.EncodeToString(sum[:])[:checksumLength]
}

// checksChecksums reports whether MD5 may be used. Where GODEBUG=fips140=only forbids it, even for typing mistakes, the
// licensing server finds them.
func checksChecksums() bool { return !fips140.Enforced() }

// prefixOf returns the "ls…-" that an auth token starts with, or "" for
// anything else, which can only be an API key.
func prefixOf(text string) string {
	head, _, found := strings.Cut(text, "-")
	if !found || !strings.HasPrefix(head, "ls") || strings.IndexFunc(head, notLetter) >= 0 {
		return ""
	}
	return head + "-"
}

// checkToken says what is wrong with an auth token, without repeating any of it.
func checkToken(token string) error {
	prefix := prefixOf(token)
	if prefix == "" {
		return fmt.Errorf("an Auth Token starts with %q or %q", DeveloperPrefix, CIPrefix)
	}
	payload := token[len(prefix):]
	groups := strings.Split(payload, "-")
	if len(groups) != len(groupLengths) {
		return fmt.Errorf("it has %d instead of %d groups after its prefix", len(groups), len(groupLengths))
	}
	for i, group := range groups {
		if len(group) != groupLengths[i] {
			return fmt.Errorf("group %d has %d instead of %d characters", i+1, len(group), groupLengths[i])
		}
		if strings.IndexFunc(group, notAlphanumeric) >= 0 {
			return fmt.Errorf("group %d of an Auth Token has only letters and digits", i+1)
		}
	}
	if strings.IndexFunc(groups[0][:4], notLetter) >= 0 {
		return errors.New("group 1 of an Auth Token starts with four letters")
	}
	if checksChecksums() && !strings.EqualFold(Checksum(payload[:payloadLength]), payload[payloadLength:]) {
		return errors.New("its checksum does not match: a character is missing or mistyped")
	}
	return nil
}

// Mask keeps the prefix and first group of an auth token and hides the rest;
// of anything else it shows nothing.
func Mask(text string) string {
	if checkToken(text) != nil {
		return hidden
	}
	prefix := prefixOf(text)
	return prefix + text[len(prefix):][:groupLengths[0]] + "-****-****-****-************"
}

// MaskAll masks everything in text that has the form of an auth token, also one
// that nobody knew of: a token in the wrong variable ends up in a message. Of a token that was cut off after
// its first group, which may be seen, it masks all.
func MaskAll(text string) string {
	form := regexp.MustCompile(`(?i)\bls[a-z]*-[a-z]{4}[a-z0-9]{4}(-[a-z0-9]{4}){0,3}-[a-z0-9]{1,12}`)
	return form.ReplaceAllStringFunc(text, Mask)
}

// Clean removes what gets around a value on its way here: blanks, the line
// ends and byte order mark of files, the quotes of Compose's list syntax.
func Clean(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || r == '"' || r == '\'' || r == '\ufeff'
	})
}

func notLetter(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func notAlphanumeric(r rune) bool {
	return notLetter(r) && (r < '0' || r > '9')
}
