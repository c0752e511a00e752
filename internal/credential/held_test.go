package credential

import (
	"path/filepath"
	"testing"
)

func TestHeldCredentialsAreKnownByTheirValue(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "token"), developerToken+"\n")
	for name, from := range map[string]Sources{
		"a token":               {AuthToken: NewSecret(developerToken)},
		"one in quotes":         {AuthToken: NewSecret(` '` + developerToken + `' `)},
		"an override":           {Override: NewSecret(developerToken)},
		"as an API key":         {APIKey: NewSecret(developerToken)},
		"beside an override":    {Override: NewSecret(ciToken), AuthToken: NewSecret(developerToken)},
		"in a file":             {AuthTokenFile: path},
		"in the API key's file": {APIKeyFile: path},
	} {
		held := from.Held()
		for _, text := range []string{developerToken, " " + developerToken + "\n", `"` + developerToken + `"`} {
			if !held(text) {
				t.Errorf("%s: %q is not known", name, text)
			}
		}
		for _, text := range []string{"", "1", developerToken[1:], developerToken + "x"} {
			if held(text) {
				t.Errorf("%s: %q is taken for it", name, text)
			}
		}
	}
	if broken := developerToken[:len(developerToken)-1]; !(Sources{AuthToken: NewSecret(broken)}).Held()(broken) {
		t.Error("a token with a mistake is not known")
	}
}

func TestAPlaceholderMayBeInOtherVariables(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"", " ", "1", "test", "changeme", "placeholder", "test-key", "password", "None"} {
		if (Sources{APIKey: NewSecret(word)}).Held()(word) {
			t.Errorf("%q is taken for a credential", word)
		}
	}
	if !(Sources{APIKey: NewSecret(apiKey)}).Held()(apiKey) {
		t.Error("an API key is not known")
	}
}
