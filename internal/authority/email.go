package authority

import (
	"net/mail"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// maxEmail is the longest address that SMTP can carry (RFC 5321, section 4.5.3.1.3, without the brackets), in bytes.
const maxEmail = 254

// ReadEmail returns an email address in the form in which it is stored and looked up, so that a member has one address
// in whatever case and script it is typed: in lower case, and with the domain in ASCII (RFC 5891). An address that
// cannot be used is a [Refusal].
func ReadEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", errEmail("is missing")
	case len(text) > maxEmail:
		return "", errEmail("has %d bytes; the maximum is %d", len(text), maxEmail)
	case strings.ContainsFunc(text, isHidden):
		return "", errEmail("contains a blank, a line end or an invisible character")
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", errEmail("has no @; use an address such as anna@example.com")
	}
	domain, err := emailDomains().ToASCII(text[at+1:])
	if err != nil {
		return "", errEmail("has an invalid domain after the @")
	}
	// Letters may have another form in lower case: the result is what is checked.
	address := norm.NFC.String(strings.ToLower(text[:at])) + "@" + domain
	// A local part in quotes comes back without them.
	if read, err := mail.ParseAddress(address); err != nil || read.Address != address || len(address) > maxEmail {
		return "", errEmail("is invalid; use an address such as anna@example.com, without a name, quotes or brackets")
	}
	return address, nil
}

// emailDomains reads domains as browsers do, and refuses what no host can be called.
var emailDomains = sync.OnceValue(func() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))
})

// isHidden reports whether a character does not show as itself.
func isHidden(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar
}

func errEmail(format string, args ...any) error {
	return invalid("email", "the email address "+format, args...)
}
