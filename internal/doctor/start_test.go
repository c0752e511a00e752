package doctor

import (
	"testing"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

func TestTheCredentialIsJudgedWithoutTheServer(t *testing.T) {
	t.Parallel()
	const (
		payload = "demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"
		masked  = "demo0000-****-****-****-************ from LOCALSTACK_AUTH_TOKEN"
	)
	token := func(text string) credential.Sources {
		return credential.Sources{AuthToken: credential.NewSecret(text)}
	}
	tests := []struct {
		name  string
		from  credential.Sources
		ci    bool
		state fault.State
		id    fault.ID
		fact  string
		facts int // lines of evidence
	}{
		{"a CI token", token("lsci-" + payload), true, fault.Passed, "", "CI Auth Token lsci-" + masked, 1},
		{"a developer's token", token("ls-" + payload + "\n"), false, fault.Passed, "",
			"Developer Auth Token ls-" + masked, 1},
		{"a developer's token in CI", token("ls-" + payload), true, fault.Warned, fault.CredentialsDeveloper,
			"LOCALSTACK_AUTH_TOKEN holds a Developer Auth Token (ls-…), and the variable CI is set", 2},
		{"none", credential.Sources{}, false, fault.Failed, fault.CredentialsMissing,
			"neither LOCALSTACK_AUTH_TOKEN nor LOCALSTACK_API_KEY is set", 0},
		{"a blank one", credential.Sources{Present: credential.AuthTokenVariable}, false, fault.Failed,
			fault.CredentialsMissing, "LOCALSTACK_AUTH_TOKEN is set, but blank", 0},
		{"a placeholder", token("null"), true, fault.Failed, fault.CredentialsPlaceholder,
			"LOCALSTACK_AUTH_TOKEN: it is a word for \"no value\", such as null or None", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, err := test.from.Find()
			cfg := config.Config{Licensing: config.Licensing{ActivatePro: true}}
			if test.ci {
				cfg.CI = "true"
			}
			got := Start{Config: cfg, Credential: found, NoCredential: err}.checkCredential(t.Context())
			if got.Name != "credential" || got.State != test.state || got.Fact != test.fact || len(got.Evidence) != test.facts {
				t.Errorf("%+v", got)
			}
			if (got.Finding == nil) != (test.id == "") || got.Finding != nil && got.Finding.ID != test.id {
				t.Errorf("the finding is %v, want %q", got.Finding, test.id)
			}
		})
	}
}

func TestAnEndpointWithoutEncryptionIsNamed(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]struct {
		state fault.State
		fact  string
	}{
		"https://licenses.example.com/v1": {fault.Passed, "every variable is valid"},
		"http://127.0.0.1:8080/v1":        {fault.Passed, "every variable is valid"},
		"http://authority:8080/v1": {fault.Passed, "every variable is valid; API_ENDPOINT=http://authority:8080/v1 " +
			"is not encrypted, and its host is in a private network"},
		"http://licenses.example.com/v1": {fault.Warned, "anyone in between can read your Auth Token"},
	} {
		cfg := config.Config{Licensing: config.Licensing{ActivatePro: true}}
		if err := cfg.Endpoint.Decode(url); err != nil {
			t.Fatal(err)
		}
		if got := (Start{Config: cfg}).checkConfiguration(t.Context()); got.State != want.state || got.Fact != want.fact {
			t.Errorf("%s: %+v", url, got)
		}
		cfg.ActivatePro = false
		got := Start{Config: cfg}.checkConfiguration(t.Context())
		if got.State != fault.Passed || got.Fact != "every variable is valid" {
			t.Errorf("%s without pro features: %+v", url, got)
		}
	}
}
