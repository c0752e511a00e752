package authority

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"localstack-entrypoint/internal/license"
)

// FuzzTerms takes any terms: those that are not refused make a document that clients can read and show.
func FuzzTerms(f *testing.F) {
	for _, terms := range [][3]string{
		{"pro", "localstack-*", "4.14"}, {"", "", "*"}, {"a b", "[", "latest"}, {strings.Repeat("x", 33), "\n", "1.2\n"},
		{"pro", "localstack-[a-z]", "v2026.07.1.dev0+x"},
	} {
		f.Add(terms[0], terms[1], terms[2])
	}
	f.Fuzz(func(t *testing.T, plan, product, version string) {
		terms := Terms{Plan: plan, Product: product, Version: version}
		if terms.check() != nil {
			return
		}
		text, err := terms.products()
		var products []license.Product
		if err != nil || json.Unmarshal([]byte(text), &products) != nil || len(products) != 1 || products[0].Name == "" {
			t.Fatalf("%+v has the products %q: %v", terms, text, err)
		}
		for _, shown := range []string{plan, products[0].Name, products[0].Version} {
			if !utf8.ValidString(shown) || strings.ContainsAny(shown, "\x00\t\r\n\x1b \u2028") || len(shown) > maxText {
				t.Errorf("%+v would show %q", terms, shown)
			}
		}
	})
}

// maxText bounds the texts of a document, for clients.
const maxText = 200
