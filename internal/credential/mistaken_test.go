package credential

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
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

// inEitherVariable checks that texts are refused for the same reason in both variables.
func inEitherVariable(t *testing.T, want fault.ID, says string, texts []string) {
	t.Helper()
	for _, text := range texts {
		for _, variable := range []string{AuthTokenVariable, APIKeyVariable} {
			id, said := judged(variable, text)
			if said != strings.ReplaceAll(says, "{variable}", variable) || id != want {
				t.Errorf("%q in %s: %s: %s\nwant %s", text, variable, id, said, says)
			}
		}
	}
}

func TestEachKindOfPlaceholderHasItsReason(t *testing.T) {
	t.Parallel()
	for says, texts := range map[string][]string{
		"a variable was not replaced with its value: it is in single quotes, or written for another shell": {
			"${LOCALSTACK_AUTH_TOKEN}", "${LOCALSTACK_AUTH_TOKEN:-}", "'${TOKEN:?set it}'", "ls-${REST}", "${}",
			"$LOCALSTACK_AUTH_TOKEN", `"$LOCALSTACK_API_KEY"`, "$my_token", "$KEY",
			"$(LOCALSTACK_AUTH_TOKEN)", "$(cat token)", "`cat token`", "!Sub '${Token}'",
			"%LOCALSTACK_AUTH_TOKEN%", "%token%", "$Env:API_KEY", "$env:X"},
		"{{ … }} was not replaced: only templates and GitHub Actions do that": {
			"${{ secrets.LOCALSTACK_AUTH_TOKEN }}", "${{secrets.X}}", "{{ secrets.X }}", "{{ .Values.token | quote }}",
			"{{resolve:secretsmanager:x:SecretString:y}}", "{{ unclosed"},
		"it is in brackets, as in documentation and templates, and was not replaced": {
			"<YOUR_AUTH_TOKEN>", "<your token>", "<ls-...>", "[token]", "{YOUR_TOKEN}", "<>", "<secret>", "{ref secret}",
			"<<TOKEN>>", "[[token]]", "<%= ENV['TOKEN'] %>", "{% token %}"},
		"it contains something in brackets, as in templates and pipelines, which was not replaced": {
			"#{TOKEN}#", "#{LocalStackToken}", "((localstack-token))", "$[ variables.token ]", "$[[ inputs.token ]]",
			"%{TOKEN}", "%(token)s", "%env(TOKEN)%", "ls-<token>", "${TOKEN", "secretKeyRef: {name: x, key: y}"},
		"it is a variable of a template or pipeline, which was not replaced": {
			"__LOCALSTACK_AUTH_TOKEN__", "@TOKEN@", "@@token@@", "%%LS_TOKEN%%", "~api_key~", "$$SECRET$$"},
		"it looks like a reference to a secret store, which was not resolved": {
			"vault:secret/data/localstack", "vault:secret/data/localstack#token", "kv/data/ci/localstack#token",
			"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", "arn:aws-us-gov:ssm:x:1:parameter/y", "op://vault/item",
			"ref+vault://secret/data#x", "sm://project/secret", "azurekeyvault://vault/secret", "sops://file.yaml#token",
			"projects/Team-1/secrets/ls/versions/latest", "projects/123/locations/eu/secrets/ls/versions/1",
			"gcp-secret-manager:projects/p/secrets/s/versions/1", "ssm:/prod/localstack/token", "k8s:secret/ns/name/key",
			"@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/y/)", "credentials('localstack')",
			"env:LOCALSTACK_AUTH_TOKEN", "secrets.LOCALSTACK_AUTH_TOKEN", "process.env.TOKEN", "var.localstack_token"},
		"it is an encrypted value, which was not decrypted": {
			"ENC[AES256_GCM,data:abc=,iv:x,tag:y,type:str]", "ENC(abcdef)", "{cipher}0123456789abcdef",
			"vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok48==", "$ANSIBLE_VAULT;1.1;AES256\n3132"},
		"it is a piece of YAML, such as a tag (!…) or a reference to a Secret, which was not resolved": {
			"!reference [.job, token]", "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162", "!Ref Token", "!GetAtt Secret.Token",
			"!secret localstack_token", "valueFrom: secretKeyRef", "valueFrom:\n  secretKeyRef:\n    name: x\n    key: token"},
		"it is a reference to a file, which was not read; {variable}_FILE takes the path of one": {
			"file:///run/secrets/token", "file:token", "@/run/secrets/token", "@./token", "@~/.localstack/token"},
		"it is an example text from documentation, in base64": {
			"Y2hhbmdlbWU=", "Y2hhbmdlbWUK"},
		"a variable was not replaced with its value: it is in single quotes, or written for another shell, in base64": {
			"JHtMT0NBTFNUQUNLX0FVVEhfVE9LRU59"},
		`it is a word for "no value", such as null or None`: {
			"null", "undefined", "None", "NULL", "nil", "<nil>", "<no value>", "(null)", "n/a"},
		"it is masked, as tokens are in logs and documentation": {
			"***", "****************", "ls-...", "ls-…", "ls-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "xxx", "XXXX-XXXX", "...",
			"lsci-****", "ls-demo0000" + maskedRest, "ls-demo0000...", "ls-00000000-0000-0000-0000-000000000000"},
		"it is an example text from documentation": {
			"YOUR_AUTH_TOKEN_HERE", "your-token", "changeme", "change-me", "ChangeMe!", "replace_me", "todo", "yourauthtoken",
			"your localstack auth token", "ls-your-token-here", "secretKeyRef", "valueFrom",
			"placeholder", "LOCALSTACK_AUTH_TOKEN", "insert token here"},
	} {
		inEitherVariable(t, fault.CredentialsPlaceholder, says, texts)
	}
}

func TestCredentialsOfOtherServicesAreRecognized(t *testing.T) {
	t.Parallel()
	const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
	random := strings.Repeat("aB3x9", 8)
	for says, texts := range map[string][]string{
		"it is a token of another service, such as GitHub, GitLab or Slack": {
			"ghp_" + random[:36], "gho_" + random[:36], "github_pat_" + random, "glpat-" + random[:20], "gldt-" + random[:20],
			"xoxb-12345678901", "eyJhbGci-iJI.eyJzdWIi-iIx.abc", "eyJabcdefgh.abcdefgh.",
			"xoxb-1234567890-" + random, "xoxp-1234567890-" + random, "dckr_pat_" + random[:27], "npm_" + random[:36],
			"pypi-" + random, "hvs." + random, jwt},
		"it is an access key ID of AWS": {"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"},
		"it is a certificate or a private key (PEM)": {
			"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"},
		"it is a JSON document": {`{"token": "` + random + `"}`, `[{"a":1}]`},
		"it is a URL":           {"https://app.localstack.cloud/workspace/auth-token", "HTTP://x"},
		"it is the path of a file; use {variable}_FILE for that": {
			"/run/secrets/token", "./token.txt", "../token", "~/.localstack/token", "/var/run/secrets/x", `C:\token.txt`},
		`it begins like an HTTP header ("Bearer …"); use only what follows`: {
			"Bearer " + developerToken, "bearer x", "Authorization: Bearer " + jwt},
		"it is a JSON document; a correct Auth Token is part of it: use only that": {
			`{"token": "` + developerToken + `"}`, "{\n  \"auth_token\": \"" + ciToken + "\"\n}\n"},
		"it has more than one line; a correct Auth Token is part of it: use only that": {
			"# mine\n" + developerToken, "Key    Value\n---    -----\ntoken  " + ciToken + "\n"},
		`it contains the name of a variable; use only what follows "="`: {
			"LOCALSTACK_AUTH_TOKEN=" + developerToken, "export LOCALSTACK_AUTH_TOKEN=" + ciToken, "AUTH_TOKEN=" + developerToken,
			"LOCALSTACK_AUTH_TOKEN: " + developerToken, "# secrets\nLOCALSTACK_API_KEY=" + apiKey,
			`-e LOCALSTACK_AUTH_TOKEN="` + developerToken + `"`},
		"it is the ID of a license": {"license_0b8f6a52-3a55-4a7c-9a5e-2f1f4c1d9e00"},
		"it has more than one line": {"one\ntwo", "first line\r\nls-second"},
	} {
		inEitherVariable(t, fault.CredentialsForeign, says, texts)
	}
}

// Nothing is known of the form of an API key, so that only what cannot be one is refused.
func TestWhatMayBeAnAPIKeyIsRefusedAsAnAuthTokenOnly(t *testing.T) {
	t.Parallel()
	const (
		awsSecret = "it has the form of a secret access key of AWS; use LOCALSTACK_API_KEY for a legacy API key"
		example   = "it is an example text from documentation"
		malformed = `an Auth Token starts with "ls-" or "lsci-"`
	)
	for want, texts := range map[string][]string{
		awsSecret: {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", strings.Repeat("aB3x9", 8)},
		example:   {"test", "dummy", "secret", "foobar", "password", "add_token_here", "my-api-key"},
		"it is a hexadecimal number, as of a commit":                        {"0123456789abcdef0123456789abcdef01234567"},
		"it is the path of a file; use LOCALSTACK_AUTH_TOKEN_FILE for that": {"/opaque+key==", "/token"},
		"it looks like a reference to a secret store, which was not resolved": {
			"keyvault:LocalStackToken", "keyvault:name", "akv!token", "ssm:/path", "secret/data/localstack",
			"prod/localstack/auth-token", "data.vault_generic_secret.localstack.token"},
		"it is a piece of YAML, such as a tag (!…) or a reference to a Secret, which was not resolved": {"!vault", "!Ref"},
		"it is a variable of a template or pipeline, which was not replaced": {
			"$LS", "$steps.x.outputs.y", "%LS%", "@X@", "__PRO_X1__"},
		"it is a reference to a file, which was not read; LOCALSTACK_AUTH_TOKEN_FILE takes the path of one": {"@/opaque"},
		malformed: {
			"localhost:4566", "user:S3cretPassw0rd", "base64:bHMtZGVtbw==",
			"a1B2c3D4e5", "xo-1234567890", "$abc%def", "KEY=value", "acme-localstack-prod", "team.localstack", "yourcompany",
			"my-todo-list", "abc-insert-def", "dckr_aaaaaaaaaaaaaaaaaaaa", "pypi-aaaaaaaaaaaaaaaaa"},
	} {
		for _, text := range texts {
			if _, says := judged(AuthTokenVariable, text); says != want {
				t.Errorf("%q as token: %s\nwant %s", text, says, want)
			}
			if id, says := judged(APIKeyVariable, text); id != "" {
				t.Errorf("%q as key: %s: %s", text, id, says)
			}
		}
	}
}

// alphabets are those of keys that programs make.
var alphabets = map[string]string{
	"hexadecimal":       "0123456789abcdef",
	"upper hexadecimal": "0123456789ABCDEF",
	"base32":            "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
	"base36":            "0123456789abcdefghijklmnopqrstuvwxyz",
	"base58":            "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
	"base62":            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"base64":            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"base64url":         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	"lower case":        "abcdefghijklmnopqrstuvwxyz",
	"words":             "abcdefghijklmnopqrstuvwxyz-_.",
	"punctuation":       credentialCharacters,
}

func TestNoRandomAPIKeyIsRefused(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // always the same keys
	for name, alphabet := range alphabets {
		for range 40 {
			key := make([]byte, 10+random.IntN(40))
			for i := range key {
				key[i] = alphabet[random.IntN(len(alphabet))]
			}
			for _, form := range []string{"%s", "%s==", "key_%s", "sk-%s", "user1:%s", "%s.Zq8"} {
				text := fmt.Sprintf(form, key)
				if id, says := judged(APIKeyVariable, text); id != "" && prefixOf(text) == "" {
					t.Errorf("%s: %q: %s: %s", name, text, id, says)
				}
			}
		}
	}
}

func TestAMalformedTokenSaysWhatProbablyBecameOfIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		developerToken[:38]:                                "the token has 38 instead of 39 characters",
		ciToken[:40]:                                       "the token has 40 instead of 41 characters",
		developerToken + developerToken:                    "; the token is repeated",
		payload + "dc30":                                   "; the rest of the token is correct",
		"token=" + developerToken:                          onlyToken,
		"- " + developerToken:                              onlyToken,
		ciToken + " # mine":                                onlyToken,
		ciToken + `\n`:                                     onlyToken,
		"b'" + ciToken + "'":                               onlyToken,
		"setx TOKEN " + ciToken:                            onlyToken,
		developerToken + "\n" + ciToken:                    onlyToken,
		"<" + developerToken + ">":                         "; the token is correct without them",
		ciToken[:20] + "\n" + ciToken[20:]:                 "; the token is correct without them",
		strings.Replace(developerToken, "dc30", "dc31", 1): ": a character is missing or mistyped",
	} {
		if id, says := judged(AuthTokenVariable, text); id != fault.CredentialsMalformed || !strings.HasSuffix(says, want) {
			t.Errorf("%q: %s: %s\nwant %s", text, id, says, want)
		}
	}
}

// numbers are lengths and the like, which tell nothing.
var numbers = regexp.MustCompile(`[0-9]+`)

// ourWords are all that an error may say, numbers aside: what is said of texts that share nothing
// with what the fuzzer makes of its seeds.
func ourWords() string {
	words := []string{"LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values"}
	for _, known := range mistakes {
		words = append(words, known.says)
	}
	for _, id := range []fault.ID{
		fault.CredentialsMalformed, fault.CredentialsForeign, fault.CredentialsPlaceholder, fault.CredentialsConflict,
	} {
		words = append(words, string(id)+": ")
	}
	for _, text := range []string{
		strings.Repeat("k", maxLength+1),
		"x y", "k\x00", "k\"", "ls-", "ls-demo000", "ls-demo0000-_AAA-BBBB-CCCC-DDDDEEEEdc30",
		"ls-0emo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30", "ls-" + payload + "dc31", "ls-demo0000-AAA-BBBB-CCCC-DDDDEEEEdc30",
		"<" + ciToken + ">", payload + "dc30", ciToken[:40], ciToken + ciToken, "./x",
		base64.StdEncoding.EncodeToString([]byte(ciToken)), "l\x00s\x00-\x00", "x " + ciToken,
	} {
		for _, variable := range []string{AuthTokenVariable, APIKeyVariable} {
			_, says := judged(variable, text)
			words = append(words, variable+": "+says)
		}
	}
	return numbers.ReplaceAllString(strings.Join(words, "\n"), "#")
}

func FuzzNoErrorShowsFourCharactersOfWhatItRefuses(f *testing.F) {
	for _, known := range []string{
		"${Zq8vKw2p}", "<Zq8vKw2p>", "Bearer Zq8vKw2p", "ghp_Zq8vKw2pZq8vKw2pZq8v", "/run/secrets/Zq8v", "ls-Zq8vKw2p-Zq8v",
		"-----BEGIN Zq8v", developerToken + "Zq8v", "LOCALSTACK_AUTH_TOKEN=Zq8v", "Zq8v\nKw2p", "Zq8v***", "WkF4cTh2S3cycA==",
		"vault:Zq8v/Kw2p#x", "op://Zq8v/Kw2p", "!Ref Zq8vKw2p", "ENC[Zq8vKw2p]", "@/Zq8vKw2p", "__Zq8v_token__",
		"#{Zq8vKw2p}#", "JHtacTh2S3cycH0=", "zq8v:kw2p", "projects/zq8v/secrets/kw2p/versions/1",
		ciToken, apiKey,
	} {
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
