package proxy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote replaces every %XX by its byte, and leaves what is none.
func unquote(text string) string {
	plain, _ := unescape(text)
	return plain
}

// unescape is unquote, and how many escapes there were.
func unescape(text string) (plain string, escapes int) {
	plain = replaceEscapes(text, func(_ string, value byte) string {
		escapes++
		return string([]byte{value})
	})
	return plain, escapes
}

// upperEscapes writes every %xx as %XX.
func upperEscapes(text string) string {
	return replaceEscapes(text, func(escape string, _ byte) string { return strings.ToUpper(escape) })
}

// replaceEscapes replaces every %XX, which stands for value.
func replaceEscapes(text string, replace func(escape string, value byte) string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+3 <= len(text) {
			if value, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				out.WriteString(replace(text[i:i+3], byte(value)))
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// toLatin1 is text as requests sends it to a proxy of HTTP.
func toLatin1(text string) (string, error) {
	if err := checkUTF8(text); err != nil {
		return "", err
	}
	var sent strings.Builder
	for _, r := range text {
		if r > 0xff {
			return "", fmt.Errorf("has the character %q in the user name or password: requests can send only the characters of "+
				"Latin-1 to a proxy, and cannot send this one as %s either; change the password", r, percent(string(r)))
		}
		sent.WriteByte(byte(r))
	}
	return sent.String(), nil
}

// fromLatin1 is toLatin1's inverse.
func fromLatin1(sent string) string {
	var text strings.Builder
	for i := range len(sent) {
		text.WriteRune(rune(sent[i]))
	}
	return text.String()
}

// toSOCKS is text as it is sent to a SOCKS proxy (RFC 1929, and PySocks for its encoding).
func toSOCKS(text string) (string, error) {
	if len(text) > 255 {
		return "", errors.New("has a user name or password of more than 255 bytes, the most that SOCKS can send")
	}
	return text, checkUTF8(text)
}

// checkUTF8 is the error for a text with a byte that is none of UTF-8.
func checkUTF8(text string) error {
	for at, r := range text {
		if _, size := utf8.DecodeRuneInString(text[at:]); r == utf8.RuneError && size == 1 {
			latin := string(rune(text[at]))
			return fmt.Errorf("has a %s in the user name or password, which is not UTF-8; %q is %s there",
				percent(text[at:at+1]), latin, percent(latin))
		}
	}
	return nil
}
