package credential

import (
	"strings"
	"testing"
)

// Well-formed tokens of the protocol's invented payload. dc30 are the first
// digits of its MD5, as md5sum prints it.
const (
	payload        = "demo0000-AAAA-BBBB-CCCC-DDDDEEEE"
	developerToken = "ls-" + payload + "dc30"
	ciToken        = "lsci-" + payload + "dc30"
	maskedRest     = "-****-****-****-************"
)

func TestChecksumIsTheBeginningOfTheMD5(t *testing.T) {
	t.Parallel()
	if got := Checksum(payload); got != "dc30" {
		t.Errorf("got %s", got)
	}
	if got := Checksum(""); got != "d41d" {
		t.Errorf("of nothing: %s", got)
	}
	if len(payload) != payloadLength {
		t.Errorf("payloadLength is %d, want %d", payloadLength, len(payload))
	}
}

func TestTokensAreCheckedForTypingMistakes(t *testing.T) {
	t.Parallel()
	const mistyped = "its checksum does not match: a character is missing or mistyped"
	tests := []struct{ name, token, want string }{
		{"developer", developerToken, ""},
		{"CI", ciToken, ""},
		{"a kind of the future", "lsNewKind-" + payload + "dc30", ""},
		{"checksum in upper case", "ls-" + payload + "DC30", ""},
		{"wrong checksum", "ls-" + payload + "dc31", mistyped},
		{"two characters swapped", "ls-demo0000-AAAA-BBBB-CCCC-DDDEDEEEdc30", mistyped},
		{"another case", "ls-DEMO0000-AAAA-BBBB-CCCC-DDDDEEEEdc30", mistyped},
		{"no checksum", "ls-" + payload, "group 5 has 8 instead of 12 characters"},
		{"one character lost", "ls-" + payload[1:] + "dc30", "group 1 has 7 instead of 8 characters"},
		{"a group lost", "ls-demo0000-AAAA-BBBB-DDDDEEEEdc30", "it has 4 instead of 5 groups after its prefix"},
		{"prefix only", "ls-", "it has 1 instead of 5 groups after its prefix"},
		{"no prefix", payload + "dc30", `an Auth Token starts with "ls-" or "lsci-"`},
		{"upper case prefix", "LS-" + payload + "dc30", `an Auth Token starts with "ls-" or "lsci-"`},
		{"digit in the prefix", "ls2-" + payload + "dc30", `an Auth Token starts with "ls-" or "lsci-"`},
		{"no dash", "ls", `an Auth Token starts with "ls-" or "lsci-"`},
		{"nothing", "", `an Auth Token starts with "ls-" or "lsci-"`},
		{"a digit too early", "ls-dem00000-AAAA-BBBB-CCCC-DDDDEEEEdc30", "group 1 of an Auth Token starts with four letters"},
		{"punctuation", "ls-demo0000-AA_A-BBBB-CCCC-DDDDEEEEdc30", "group 2 of an Auth Token has only letters and digits"},
		{"no ASCII", "ls-demo0000-AAé-BBBB-CCCC-DDDDEEEEdc30", "group 2 of an Auth Token has only letters and digits"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := checkToken(test.token); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestMaskShowsPrefixAndFirstGroupOfATokenAndNothingElse(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		developerToken:               "ls-demo0000" + maskedRest,
		ciToken:                      "lsci-demo0000" + maskedRest,
		strings.ToUpper(ciToken):     "****",
		developerToken[:38]:          "****",
		" " + developerToken:         "****",
		"0123456789abcdef0123456789": "****",
		"":                           "****",
	}
	for token, want := range tests {
		if got := Mask(token); got != want {
			t.Errorf("mask of %q is %q, want %q", token, got, want)
		}
	}
}

func TestMaskAllFindsTokensInAnyText(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"DEBUG=\"" + developerToken + "\" is no boolean":  `DEBUG="ls-demo0000` + maskedRest + `" is no boolean`,
		developerToken + "," + ciToken:                    "ls-demo0000" + maskedRest + ",lsci-demo0000" + maskedRest,
		"http://" + strings.ToLower(ciToken) + ".test/v1": "http://****.test/v1", // mistyped, so that nothing is known of it
		"ls-" + payload + "dc31":                          "****",
		developerToken[:20] + " " + ciToken[:15]:          "**** ****", // cut off
		"no token: ls-demo0000, tls-1.3, " + payload:      "no token: ls-demo0000, tls-1.3, " + payload,
		"": "",
	}
	for text, want := range tests {
		if got := MaskAll(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

func FuzzMaskRevealsNoMoreThanTheFirstGroup(f *testing.F) {
	for _, seed := range []string{developerToken, ciToken, "ls-", "key", "ls-demo0000-AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked := Mask(text)
		visible, isToken := strings.CutSuffix(masked, maskedRest)
		if !isToken {
			if masked != hidden {
				t.Fatalf("mask of %q is %q", text, masked)
			}
			return
		}
		prefix, group, _ := strings.Cut(visible, "-")
		if !strings.HasPrefix(text, visible) || len(group) != 8 || strings.IndexFunc(prefix, notLetter) >= 0 {
			t.Errorf("mask of %q is %q", text, masked)
		}
	})
}
