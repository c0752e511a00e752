package authority

import (
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
)

func TestMintedTokensAreWellFormed(t *testing.T) {
	for kind, prefix := range map[Kind]string{Developer: credential.DeveloperPrefix, CI: credential.CIPrefix} {
		for range 500 {
			text := mint(kind).Reveal()
			read, err := credential.Read(credential.Sources{AuthToken: credential.NewSecret(text)})
			if err != nil || read.Reveal() != text || !strings.HasPrefix(text, prefix) {
				t.Fatalf("a token of type %s is refused: %v", kind, err)
			}
			if got, want := len(text), len(prefix)+len("demo0000-AAAA-BBBB-CCCC-DDDDEEEE")+4; got != want {
				t.Fatalf("a token of type %s has %d characters, want %d", kind, got, want)
			}
		}
	}
	for range 500 {
		key := mint(APIKey).Reveal()
		read, err := credential.Read(credential.Sources{APIKey: credential.NewSecret(key)})
		if err != nil || read.IsAuthToken() || len(key) != apiKeyLength {
			t.Fatalf("an API key is refused or taken for an auth token: %v", err)
		}
	}
}
