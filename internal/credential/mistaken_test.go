package credential

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// judged is what is said of text in a variable, without the variable's name:
// the row, and the words.
func judged(variable, text string) (fault.ID, string) {
	from := Sources{AuthToken: NewSecret(text)}
	if variable == APIKeyVariable {
		from = Sources{APIKey: NewSecret(text)}
	}
	_, err := Read(from)
	failed, ok := fault.Find(err)
	if !ok {
		return "", ""
	}
	return failed.ID, strings.TrimPrefix(failed.Detail, variable+": ")
}

const (
	notReplaced  = " was not replaced: the shell or Compose did not substitute the variable; single quotes prevent it"
	instructions = "it is a text of instructions or examples"
	inBrackets   = "the brackets around it are those of instructions, where the token belongs"
	isMasked     = "it is masked, as logs and instructions show a token"
	isNothing    = "it is what programs write for a value that they do not have"
)

func TestPlaceholdersAreToldByTheirKind(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"${…}" + notReplaced: {"${LOCALSTACK_AUTH_TOKEN}", "${LOCALSTACK_AUTH_TOKEN:-}", "'${TOKEN:?set it}'", "ls-${REST}", "${}"},
		"$…" + notReplaced:   {"$LOCALSTACK_AUTH_TOKEN", `"$LOCALSTACK_API_KEY"`, "$my_token", "$KEY"},
		"${{ … }} was not replaced: only a workflow of GitHub Actions does that":                                                    {"${{ secrets.LOCALSTACK_AUTH_TOKEN }}", "${{secrets.X}}"},
		"{{ … }} was not replaced: nothing has filled the template in":                                                              {"{{ secrets.X }}", "{{ .Values.token | quote }}"},
		"$(…) was not replaced: single quotes keep a shell from that, and Kubernetes replaces only variables of the same container": {"$(LOCALSTACK_AUTH_TOKEN)", "$(cat token)"},
		"%…% was not replaced: only the command prompt of Windows does that":                                                        {"%LOCALSTACK_AUTH_TOKEN%", "%token%"},
		"$env:… was not replaced: only PowerShell does that, and not in single quotes":                                              {"$Env:LOCALSTACK_AUTH_TOKEN", "$env:X"},
		inBrackets: {"<YOUR_AUTH_TOKEN>", "<your token>", "<ls-...>", "[token]", "{YOUR_TOKEN}", "<>"},
		isNothing:  {"null", "undefined", "None", "NULL", "nil", "<nil>", "<no value>", "(null)", "n/a"},
		isMasked: {"***", "****************", "ls-...", "ls-…", "ls-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "xxx", "XXXX-XXXX",
			"lsci-****", "ls-demo0000" + maskedRest, "ls-demo0000...", "...", "ls-00000000-0000-0000-0000-000000000000"},
		instructions: {"YOUR_AUTH_TOKEN_HERE", "your-token", "changeme", "change-me", "ChangeMe!", "replace_me", "todo", "your localstack auth token",
			"ls-your-token-here", "placeholder", "LOCALSTACK_AUTH_TOKEN", "insert token here", "yourauthtoken"},
	}
	for want, texts := range tests {
		for _, text := range texts {
			for _, variable := range []string{AuthTokenVariable, APIKeyVariable} {
				if id, says := judged(variable, text); id != fault.CredentialsPlaceholder || says != want {
					t.Errorf("%q in %s: %s: %s\nwant %s", text, variable, id, says, want)
				}
			}
		}
	}
}

func TestWhatBelongsToSomethingElseIsToldByItsKind(t *testing.T) {
	t.Parallel()
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
	random := strings.Repeat("aB3x9", 8)
	const path = "it is the path of a file, not what is in it: use {variable}_FILE for a path"
	tests := map[string][]string{
		"it is the ID of an AWS access key":                               {"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"},
		"it is a JSON Web Token (JWT)":                                    {jwt},
		"it is a token of GitHub":                                         {"ghp_" + random[:36], "gho_" + random[:36], "github_pat_" + random},
		"it is a token of GitLab":                                         {"glpat-" + random[:20], "gldt-" + random[:20]},
		"it is a token of Slack":                                          {"xoxb-1234567890-" + random, "xoxp-1234567890-" + random},
		"it is a token of Docker Hub":                                     {"dckr_pat_" + random[:27]},
		"it is a token of npm":                                            {"npm_" + random[:36]},
		"it is a token of PyPI":                                           {"pypi-" + random},
		"it is a token of HashiCorp Vault":                                {"hvs." + random},
		"it is the ID of a license":                                       {"license_0b8f6a52-3a55-4a7c-9a5e-2f1f4c1d9e00"},
		"it is a PEM block, as of a certificate or a private key":         {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"},
		"it is a JSON document":                                           {`{"token": "` + random + `"}`, `[{"a":1}]`},
		"it is a URL":                                                     {"https://app.localstack.cloud/workspace/auth-token", "op://vault/item", "file:///run/secrets/token"},
		"it is the name of an AWS resource (ARN), not what that contains": {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"},
		path: {"/run/secrets/token", "./token.txt", "../token", "~/.localstack/token", "/var/run/secrets/x", `C:\token.txt`},
		`it begins as an HTTP header does ("Bearer …"); only what follows can be the token`: {"Bearer " + developerToken, "bearer x", "Authorization: Bearer " + jwt},
		`it has the name of a variable in it; only what follows "=" belongs here`: {
			"LOCALSTACK_AUTH_TOKEN=" + developerToken, "export LOCALSTACK_AUTH_TOKEN=" + ciToken, "LOCALSTACK_AUTH_TOKEN: " + developerToken,
			"# secrets\nLOCALSTACK_API_KEY=" + apiKey, "AUTH_TOKEN=" + developerToken, `-e LOCALSTACK_AUTH_TOKEN="` + developerToken + `"`},
		"it is an Auth Token in base64: a Secret of Kubernetes was encoded twice, or takes it as stringData": {
			base64.StdEncoding.EncodeToString([]byte(developerToken)), base64.StdEncoding.EncodeToString([]byte(ciToken + "\n")),
			base64.RawStdEncoding.EncodeToString([]byte(ciToken))},
		"it has several lines, a credential has one": {"one\ntwo", "first line\r\nls-second"},
	}
	for want, texts := range tests {
		for _, text := range texts {
			for _, variable := range []string{AuthTokenVariable, APIKeyVariable} {
				if id, says := judged(variable, text); id != fault.CredentialsForeign || says != strings.ReplaceAll(want, "{variable}", variable) {
					t.Errorf("%q in %s: %s: %s\nwant %s", text, variable, id, says, want)
				}
			}
		}
	}
}

// Nothing is known of the form of an API key, so that only what cannot be one is refused.
func TestWhatMayBeAnAPIKeyIsRefusedAsAnAuthTokenOnly(t *testing.T) {
	t.Parallel()
	awsSecret := "has the form of an AWS secret access key; a legacy API key belongs in LOCALSTACK_API_KEY"
	tests := map[string]string{
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": awsSecret,
		strings.Repeat("aB3x9", 8):                 awsSecret,
		"0123456789abcdef0123456789abcdef01234567": "it is a number in hexadecimal digits, as of a commit or an image",
		"test":          instructions,
		"dummy":         instructions,
		"secret":        instructions,
		"foobar":        instructions,
		"/opaque+key==": "it is the path of a file",
		"a1B2c3D4e5":    `an Auth Token starts with "ls-" or "lsci-"`,
		"xo-1234567890": `an Auth Token starts with "ls-" or "lsci-"`,
		"$abc%def":      `an Auth Token starts with "ls-" or "lsci-"`,
		"KEY=value":     `an Auth Token starts with "ls-" or "lsci-"`,
	}
	for text, want := range tests {
		if id, says := judged(AuthTokenVariable, text); id == "" || !strings.Contains(says, want) {
			t.Errorf("%q as token: %s: %s\nwant %s", text, id, says, want)
		}
		if id, says := judged(APIKeyVariable, text); id != "" {
			t.Errorf("%q as key: %s: %s", text, id, says)
		}
	}
}

func TestAMalformedTokenSaysWhatProbablyBecameOfIt(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		developerToken[:20] + developerToken[21:]: "it has 38 characters, an Auth Token of this kind has 39: one was probably lost",
		ciToken[:40]: "it has 40 characters, an Auth Token of this kind has 41: one was probably lost",
		strings.Replace(developerToken, "BBBB", "BBBBB", 1): "it has 40 characters, an Auth Token of this kind has 39: one was probably doubled",
		developerToken + "x": "it has 40 characters, an Auth Token of this kind has 39: one was probably added",
		strings.Replace(developerToken, "BBBB", "BxxBB", 1): "it has 40 characters, an Auth Token of this kind has 39",
		developerToken[:10]:                                "it has 10 characters, an Auth Token of this kind has 39",
		developerToken + developerToken:                    "it has 78 characters, an Auth Token of this kind has 39: it stands there twice",
		strings.Replace(developerToken, "demo", "deom", 1): "; two characters side by side were probably swapped",
		payload + "dc30":                                   "; the rest of it is right",
		"<" + developerToken + ">":                         "; with its letters, digits and dashes only it is right",
		ciToken[:20] + "\n" + ciToken[20:]:                 "; with its letters, digits and dashes only it is right",
		strings.Replace(developerToken, "dc30", "dc31", 1): ": a character is missing or mistyped",
	}
	for text, want := range tests {
		if id, says := judged(AuthTokenVariable, text); id != fault.CredentialsMalformed || !strings.HasSuffix(says, want) {
			t.Errorf("%q: %s: %s\nwant %s", text, id, says, want)
		}
	}
}

// numbers are lengths and the like, which tell nothing.
var numbers = regexp.MustCompile(`[0-9]+`)

// ourWords are all that an error may say, numbers aside.
func ourWords() string {
	words := []string{AuthTokenVariable + ": ", APIKeyVariable + ": ", string(fault.CredentialsMalformed) + ": ", string(fault.CredentialsForeign) + ": ",
		string(fault.CredentialsPlaceholder) + ": ", "LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values", string(fault.CredentialsConflict) + ": "}
	for _, known := range mistakes {
		words = append(words, known.says, strings.ReplaceAll(known.says, "{variable}", AuthTokenVariable), strings.ReplaceAll(known.says, "{variable}", APIKeyVariable))
	}
	for _, text := range []string{"x y", "k\x00", "k\"", "", "ls-", "ls-demo000", "ls-demo0000-_AAA-BBBB-CCCC-DDDDEEEEdc30", "ls-0emo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30",
		"ls-" + payload + "dc31", "ls-demo0000-AAA-BBBB-CCCC-DDDDEEEEdc30", strings.Repeat("k", maxLength+1)} {
		words = append(words, check(AuthTokenVariable, text).Error())
	}
	for _, text := range []string{"<" + ciToken + ">", payload + "dc30", ciToken[:40], ciToken[:39], ciToken + "0", ciToken + "x", ciToken + ciToken, "ls-edmo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"} {
		words = append(words, hint(text))
	}
	_, encoded := judged(AuthTokenVariable, base64.StdEncoding.EncodeToString([]byte(ciToken)))
	return numbers.ReplaceAllString(strings.Join(append(words, encoded), "\n"), "#")
}

func FuzzNoErrorShowsFourCharactersOfWhatItRefuses(f *testing.F) {
	for _, known := range []string{"${Zq8vKw2p}", "<Zq8vKw2p>", "Bearer Zq8vKw2p", "ghp_Zq8vKw2pZq8vKw2pZq8v", "/run/secrets/Zq8v", "ls-Zq8vKw2p-Zq8v", "-----BEGIN Zq8v",
		developerToken + "Zq8v", "LOCALSTACK_AUTH_TOKEN=Zq8v", "Zq8v\nKw2p", "Zq8v***", "WkF4cTh2S3cycA==", ciToken, apiKey} {
		f.Add(known, "")
		f.Add("", known)
	}
	ours := ourWords()
	f.Fuzz(func(t *testing.T, token, key string) {
		_, err := Read(Sources{AuthToken: NewSecret(token), APIKey: NewSecret(key)})
		if err == nil {
			return
		}
		said := numbers.ReplaceAllString(err.Error(), "#")
		for _, text := range []string{token, key} {
			for i := range max(0, len(text)-3) {
				if part := text[i : i+4]; strings.Contains(said, part) && !strings.Contains(ours, part) {
					t.Errorf("%q of %q is shown: %v", part, text, err)
				}
			}
		}
	})
}
