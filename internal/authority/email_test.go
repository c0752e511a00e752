package authority

import (
	"errors"
	"strings"
	"testing"
)

// hugeText is what nobody types.
var hugeText = strings.Repeat("a", 1<<20)

func TestEmailAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"anna@example.com":                        "anna@example.com",
		" Anna@Example.COM\n":                     "anna@example.com",
		"anna+ci@example.com":                     "anna+ci@example.com",
		"anna@localhost":                          "anna@localhost",
		"o'neill@example.com":                     "o'neill@example.com",
		"anna@bücher.example":                     "anna@xn--bcher-kva.example",
		"anna@BÜCHER.example":                     "anna@xn--bcher-kva.example",
		"anna@bu\u0308cher.example":               "anna@xn--bcher-kva.example",
		"anna@xn--bcher-kva.example":              "anna@xn--bcher-kva.example",
		"jürgen@example.com":                      "jürgen@example.com",
		"JU\u0308RGEN@example.com":                "jürgen@example.com",
		"用户@例子.公司":                                "用户@xn--fsqu00a.xn--55qx5d",
		strings.Repeat("a", 242) + "@example.com": strings.Repeat("a", 242) + "@example.com",
	} {
		got, err := ReadEmail(text)
		if err != nil || got != want {
			t.Errorf("ReadEmail(%.60q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestTextsThatAreNoEmailAddress(t *testing.T) {
	for text, want := range map[string]string{
		"":                                        "the email address is missing",
		" \n":                                     "the email address is missing",
		"anna":                                    "has no @",
		"@example.com":                            "is invalid",
		"anna@":                                   "has an invalid domain",
		"anna@@example.com":                       "is invalid",
		"anna@example..com":                       "has an invalid domain",
		"anna@-example.com":                       "has an invalid domain",
		"anna@exa_mple.com":                       "has an invalid domain",
		"anna@[127.0.0.1]":                        "has an invalid domain",
		"anna@xn--a.example":                      "has an invalid domain",
		"an..na@example.com":                      "is invalid",
		"anna.@example.com":                       "is invalid",
		`"anna"@example.com`:                      "without a name, quotes or brackets",
		`"an@na"@example.com`:                     "without a name, quotes or brackets",
		`"an na"@example.com`:                     "contains a blank",
		"Anna <anna@example.com>":                 "contains a blank",
		"<anna@example.com>":                      "has an invalid domain",
		"anna@example.com,bo@example.com":         "is invalid",
		"anna@example.com\r\nBcc: x@y.com":        "contains a blank, a line end",
		"anna@example.com\nbo@example.com":        "contains a blank, a line end",
		"an\x00na@example.com":                    "an invisible character",
		"an\u202ena@example.com":                  "an invisible character",
		"an\u200bna@example.com":                  "an invisible character",
		"an\xffna@example.com":                    "an invisible character",
		hugeText + "@example.com":                 "has 1048588 bytes; the maximum is 254",
		"anna@" + hugeText:                        "has 1048581 bytes; the maximum is 254",
		strings.Repeat("a", 243) + "@example.com": "has 255 bytes",
		// Its domain has 12 bytes more in ASCII.
		strings.Repeat("a", 238) + "@bücher.example": "is invalid",
	} {
		got, err := ReadEmail(text)
		checkRefusal(t, err, Invalid, "email", want)
		if got != "" {
			t.Errorf("ReadEmail(%.60q) = %q", text, got)
		}
	}
}

// checkRefusal fails the test unless err is a Refusal with this text in it, and of a size to be read.
func checkRefusal(t *testing.T, err error, verdict Verdict, field, want string) {
	t.Helper()
	got, is := errors.AsType[Refusal](err)
	isRight := is && got.Verdict == verdict && got.Field == field && strings.Contains(got.Error(), want)
	if !isRight || len(err.Error()) > 600 {
		t.Errorf("the error is %.600v (%s, %q), want a verdict %q on %q with %q in it",
			err, got.Verdict, got.Field, verdict, field, want)
	}
}

func FuzzReadEmail(f *testing.F) {
	for _, seed := range []string{
		"anna@example.com", "JÜRGEN@BÜCHER.example", `"a b"@c`, "a@[::1]", "İ@ß.de", "用户@例子.公司",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := ReadEmail(text)
		if err != nil {
			checkRefusal(t, err, Invalid, "email", "the email address")
			return
		}
		again, err := ReadEmail(address)
		if err != nil || again != address {
			t.Errorf("%q becomes %q, then %q, %v", text, address, again, err)
		}
		if len(address) > maxEmail || strings.ContainsAny(address, "\r\n\x00\"<> ") {
			t.Errorf("%q becomes %q", text, address)
		}
		if upper, err := ReadEmail(strings.ToUpper(address)); err == nil && isASCII(address) && upper != address {
			t.Errorf("%q in upper case becomes %q", address, upper)
		}
	})
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > 127 })
}
