package credential

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

func TestFactsTellAllThatIsKnownWithoutTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "token"), "\ufeff"+ciToken+"\r\n")
	tests := []struct {
		name string
		from Sources
		want []string
	}{
		{"a developer's token", Sources{AuthToken: NewSecret(developerToken)}, []string{
			"Developer Auth Token ls-demo0000" + maskedRest + " from LOCALSTACK_AUTH_TOKEN",
			"39 characters: the prefix ls- and groups of 8, 4, 4, 4 and 12; the checksum is correct"}},
		{"an override", Sources{
			Override: NewSecret(ciToken), AuthToken: NewSecret(developerToken), APIKeyFile: "x",
		}, []string{
			"CI Auth Token lsci-demo0000" + maskedRest + " from LOCALSTACK_AUTH_TOKEN_OVERRIDE",
			"41 characters: the prefix lsci- and groups of 8, 4, 4, 4 and 12; the checksum is correct",
			"not read because of it: LOCALSTACK_AUTH_TOKEN, LOCALSTACK_API_KEY_FILE"}},
		{"a file", Sources{AuthTokenFile: path}, []string{
			"CI Auth Token lsci-demo0000" + maskedRest + ` from LOCALSTACK_AUTH_TOKEN_FILE="` + path + `"`,
			"41 characters: the prefix lsci- and groups of 8, 4, 4, 4 and 12; the checksum is correct"}},
		{"an API key in quotes", Sources{APIKey: NewSecret(` "` + apiKey + "\" \n\n")}, []string{
			"legacy API key **** from LOCALSTACK_API_KEY",
			"18 characters: only the licensing server can tell whether a legacy API key is valid"}},
		{"a kind of the future", Sources{APIKey: NewSecret("lsNew-" + payload + "dc30")}, []string{
			"Auth Token of another kind lsNew-demo0000" + maskedRest + " from LOCALSTACK_API_KEY",
			"42 characters: the prefix lsNew- and groups of 8, 4, 4, 4 and 12; the checksum is correct"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, err := Read(test.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := found.Facts(); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestOnlyADevelopersTokenInCIIsAdvisedAgainst(t *testing.T) {
	t.Parallel()
	tests := map[Sources]bool{
		{AuthToken: NewSecret(developerToken)}: true,
		{APIKey: NewSecret(developerToken)}:    true,
		{AuthToken: NewSecret(ciToken)}:        false,
		{APIKey: NewSecret(apiKey)}:            false,
	}
	for from, want := range tests {
		found, err := Read(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := found.Advice("true", false); (got != nil) != want || want && got.ID != fault.CredentialsDeveloper {
			t.Errorf("%s in CI: %v", found, got)
		}
		if got := found.Advice("", false); got != nil {
			t.Errorf("%s elsewhere: %v", found, got)
		}
	}
}

func TestTheAdviceSaysThatAWordForNoCountsAsCIToo(t *testing.T) {
	t.Parallel()
	found, err := Read(Sources{AuthToken: NewSecret(developerToken)})
	if err != nil {
		t.Fatal(err)
	}
	const want = `credentials.developer_in_ci: LOCALSTACK_AUTH_TOKEN holds a Developer Auth Token (ls-…), ` +
		`and the variable CI is set to "false", which counts as CI like any other value; unset it if this is not CI`
	if got := found.Advice("false", true).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAMissingCredentialSaysWhichVariableIsBlank(t *testing.T) {
	t.Parallel()
	for present, want := range map[string]string{
		"":                "credentials.missing: neither LOCALSTACK_AUTH_TOKEN nor LOCALSTACK_API_KEY is set",
		APIKeyVariable:    "credentials.missing: LOCALSTACK_API_KEY is set, but blank",
		AuthTokenVariable: "credentials.missing: LOCALSTACK_AUTH_TOKEN is set, but blank",
	} {
		if got := (Sources{Present: present}).missing().Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
