package oidc

import (
	"net/url"
	"strings"
	"testing"
)

func TestTheURLOfAnIssuer(t *testing.T) {
	for text, want := range map[string]string{
		"https://accounts.google.com":                          "",
		"https://login.microsoftonline.com/0d4e5f6a/v2.0":      "",
		"https://sso.example.org:8443/realms/main":             "",
		"https://tenant.auth.example.com/":                     "",
		"http://localhost:9000":                                "",
		"http://127.0.0.1:9000/realms/main":                    "",
		"http://[::1]:9000":                                    "",
		"http://idp.example.org":                               "must begin with https://",
		"http://localhost.example.org":                         "must begin with https://",
		"ftp://idp.example.org":                                "must begin with https://",
		"idp.example.org":                                      "is no URL",
		"https://":                                             "is no URL",
		"https://:443":                                         "is no URL",
		"https://idp.example.org/?x=y":                         "no user, query or fragment",
		"https://idp.example.org/?":                            "no user, query or fragment",
		"https://idp.example.org/#x":                           "no user, query or fragment",
		"https://a:b@idp.example.org":                          "no user, query or fragment",
		"https://idp.example.org/\x00":                         "is no URL",
		"https://idp.example.org" + wellKnown:                  "leave out /.well-known",
		"https://idp.example.org/realms/a" + wellKnown + "/":   "leave out /.well-known",
		"https://idp.example.org/%zz":                          "is no URL",
		"javascript:alert(1)":                                  "is no URL",
		" https://idp.example.org":                             "is no URL",
		"https://idp.example.org/.well-known/openid-configura": "",
	} {
		err := CheckIssuer(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestTheNameOfAProvider(t *testing.T) {
	for name, isRight := range map[string]bool{
		"": true, "Example SSO": true, "日本": true, "<b>": true, strings.Repeat("x", 50): true,
		strings.Repeat("x", 51): false, "a\nb": false, "a\x00": false, "\xff": false, "a\u202eb": false,
	} {
		if err := CheckName(name); (err == nil) != isRight {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := New(Settings{Issuer: "https://sso.example.org:8443/realms/a"}, nil).Name(); got != "sso.example.org:8443" {
		t.Errorf("the name is %q", got)
	}
}

func FuzzTheURLOfAnIssuer(f *testing.F) {
	for _, text := range []string{"https://idp.example.org/a", "http://localhost:1", "http://[::1%25x]/", "//x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if CheckIssuer(text) != nil {
			return
		}
		issuer, err := url.Parse(text)
		if err != nil || issuer.Host == "" || issuer.User != nil || !isSafe(issuer) {
			t.Errorf("%q is an issuer: %v", text, err)
		}
	})
}

func FuzzAVerdict(f *testing.F) {
	for _, text := range []string{"true", `"true"`, "1", `"1"`, "null", "{}", `"yes"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var said verdict
		isTrue := strings.Trim(text, `"`) == "true" || strings.Trim(text, `"`) == "1"
		if err := said.UnmarshalJSON([]byte(text)); err != nil || bool(said) && !isTrue {
			t.Errorf("%q is %t: %v", text, said, err)
		}
	})
}
