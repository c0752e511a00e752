package web

import (
	"html/template"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestALongTextIsShownWithoutItsMiddle(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"ada@example.com":           "ada@example.com",
		"12345678901234567890":      "12345678901234567890",
		"123456789012345678901":     "123456789…45678901",
		"ada.lovelace@example.org!": "ada.lovel…ple.org!",
		"++++++++++":                "++…+",
		"🚀🚀🚀🚀🚀🚀":                    "🚀🚀…🚀🚀",
	} {
		if got := short(20, text); got != want {
			t.Errorf("of %q, a list shows %q, want %q", text, got, want)
		}
	}
}

func FuzzShort(f *testing.F) {
	page := template.Must(template.New("").Parse("{{.}}"))
	for _, text := range []string{"", "ada@example.com", strings.Repeat(`<"'+&>`, 40), "\xff\x00", "e\u0301"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "")
		got := short(64, text)
		var shown strings.Builder
		if err := page.Execute(&shown, got); err != nil {
			t.Fatal(err)
		}
		if shown.Len() > 64 || !utf8.ValidString(got) {
			t.Errorf("of %q, a list shows %q, which takes %d bytes", text, got, shown.Len())
		}
	})
}
