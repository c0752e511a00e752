package authority

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"Anna":                   "Anna",
		"  Anna Müller\n":        "Anna Müller",
		"Anna Mu\u0308ller":      "Anna Müller",
		"O'Neill, <b>Anna</b>":   "O'Neill, <b>Anna</b>",
		"بدر الدين":              "بدر الدين",
		"Anna \u200fبدر\u200e !": "Anna \u200fبدر\u200e !",
		"👩\u200d👩\u200d👧 Anna 🏳️\u200d🌈": "👩\u200d👩\u200d👧 Anna 🏳️\u200d🌈",
		"नमस्ते":                         "नमस्ते",
		strings.Repeat("😀", 100):         strings.Repeat("😀", 100),
	} {
		if got, err := readName("member", text); err != nil || got != want {
			t.Errorf("readName(%.60q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestTextsThatAreNoName(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "the name of the member is missing",
		" \t\n":                  "is missing",
		"\u200f\u200e":           "is missing",
		"\u0301":                 "is missing",
		"Anna\nBo":               "contains a line end, a control character",
		"Anna\x1b[2J":            "contains a line end, a control character",
		"Anna\x00":               "contains a line end, a control character",
		"Anna\u2028Bo":           "contains a line end, a control character",
		"Anna \u202egnp.exe":     "changes the direction of a text",
		"Anna \u2067x":           "changes the direction of a text",
		"Anna\xff":               "is not valid UTF-8",
		strings.Repeat("a", 101): "has 101 characters; the maximum is 100",
		hugeText:                 "has 1048576 bytes; the maximum is 100 characters",
	} {
		got, err := readName("member", text)
		checkRefusal(t, err, Invalid, "name", want)
		if got != "" {
			t.Errorf("readName(%.60q) = %q", text, got)
		}
	}
	if got, err := readOptionalName("member", " "); err != nil || got != "" {
		t.Errorf("a missing name is %q, %v", got, err)
	}
}

func FuzzReadName(f *testing.F) {
	for _, seed := range []string{"Anna", "a\u202eb", "👩\u200d👧", "\xff", " \n", "e\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := readName("member", text)
		if err != nil {
			checkRefusal(t, err, Invalid, "name", "the name of the member")
			return
		}
		again, err := readName("member", name)
		if err != nil || again != name {
			t.Errorf("%q becomes %q, then %q, %v", text, name, again, err)
		}
		if utf8.RuneCountInString(name) > maxName || strings.ContainsAny(name, "\r\n\x00\x1b\u202e\u2066") {
			t.Errorf("%q becomes %q", text, name)
		}
	})
}
