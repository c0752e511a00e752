package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

const (
	token  = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"
	masked = "ls-demo0000-****-****-****-************"
	// oddKey has every kind of character that a key can have.
	oddKey = `k+y/0123456789=abc.d_e~f:g!`
)

func sampleCredential(t *testing.T) credential.Credential {
	t.Helper()
	return read(t, credential.Sources{AuthToken: credential.NewSecret(token)})
}

func read(t *testing.T, from credential.Sources) credential.Credential {
	t.Helper()
	found, err := credential.Read(from)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// written is what comes through a filter that hides secret.
func written(t *testing.T, secret, shown, message string) string {
	t.Helper()
	var out bytes.Buffer
	f := &filter{out: &out}
	f.hide(secret, shown)
	if n, err := f.Write([]byte(message)); n != len(message) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	return out.String()
}

func TestTheFilterHidesTheCredential(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, secret, shown, message, want string }{
		{"a token", token, masked, "<" + token + ">", "<" + masked + ">"},
		{"again and again", token, masked, token + token + " " + token, masked + "ls-de**** " + masked},
		{"cut short", token, masked, "the server says \"" + token[:20] + "\"", "the server says \"****\""},
		{"cut right after what may be seen", token, masked, token[:12] + " " + token[:13], token[:12] + " ****"},
		{"its end alone", token, masked, "<" + token[20:] + ">", "<****>"},
		{"in lower case", token, masked, strings.ToLower(token[:30]), "****"},
		{"another token of the same beginning", token, masked, "ls-demo0000-BBBB", "****"},
		{"an API key", "0123456789abcdef", "****", "x0123456789abcdefx", "x****x"},
		{"an API key, cut short", "0123456789abcdef", "****", "0123456 01234567 0123456789a", "0123456 **** ****"},
		{"an API key of few characters", "zq7x9w", "****", "zq7x9w zq7x9", "**** zq7x9"},
		{"a placeholder that stands in our own words", "${LOCALSTACK_AUTH_TOKEN}", "****", "set LOCALSTACK_AUTH_TOKEN",
			"set LOCALSTACK_AUTH_TOKEN"},
		{"a word of the announcement", "returning", "****", "Localstack returning with exit code 55",
			"Localstack returning with exit code 55"},
		{"a placeholder", "test", "****", "the latest test", "the latest test"},
		{"half of an escape sequence stays whole", `0123456789"abc`, "****", `{"m":"0123456789\\"}`, `{"m":"****\\"}`},
		{"none", "", "****", "anything", "anything"},
		{"a token that nobody knew of", "", "", "DEBUG=" + token, "DEBUG=" + masked},
		{"another token", token, masked, "lsci-demo1111-AAAA-BBBB-CCCC-DDDDEEEEffff", "****"},
		{"nothing to hide it in", token, masked, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := written(t, test.secret, test.shown, test.message); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// quotedTwice is secret as a server's message in a failure's JSON line has it.
func quotedTwice(secret string) string { return fmt.Sprintf("%q", fmt.Sprintf("%q", secret)) }

func TestTheFilterHidesTheCredentialHoweverOftenItIsQuoted(t *testing.T) {
	t.Parallel()
	for _, key := range []string{oddKey, `zyxwvutsr3456def`} {
		encoded, err := json.Marshal(map[string]string{"message": key})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range []string{
			key, fmt.Sprintf("%q", key), quotedTwice(key), quotedTwice(fmt.Sprintf("%q", key)), fmt.Sprintf("%q %s", key, key),
			string(bytes.ReplaceAll(encoded, []byte(`\u003c\u0026\u003e`), []byte("<&>"))),
		} {
			if got := written(t, key, "****", message); strings.Contains(got, "3456") || strings.Contains(got, "def") {
				t.Errorf("%s is shown as %s", message, got)
			}
		}
	}
}

// TestAServerThatEchoesTheTokenDoesNotBringItIntoTheLog goes the whole way: a
// message code with the token, as a failure and in log lines, in both forms.
func TestAServerThatEchoesTheTokenDoesNotBringItIntoTheLog(t *testing.T) {
	t.Parallel()
	for _, secret := range []credential.Credential{
		sampleCredential(t), read(t, credential.Sources{APIKey: credential.NewSecret(oddKey)}),
	} {
		failed := fault.New(fault.LicenseRefused, "the server says %.200q",
			"licensing.echo: "+secret.Reveal()+" "+strings.Repeat("x", 150)+secret.Reveal())
		failed.Server = "https://licenses.test/" + secret.Reveal()
		long := fault.New(fault.LicenseRefused, "%s", strings.Repeat("y", maxReason-100)+secret.Reveal()) // cut by Plain
		for _, format := range []config.Format{"text", "json"} {
			var out bytes.Buffer
			reporter := New(&out, config.Logging{Format: format, Debug: true})
			reporter.Hide(secret)
			reporter.Failure(failed)
			reporter.Failure(long)
			reporter.Log(LicenseLogger).Debug("echo "+secret.Reveal(), zap.String("field", failed.Error()),
				zap.Error(errors.New(secret.Reveal())),
				zap.Any("any", map[string]string{"token": secret.Reveal()}), zap.Stringer("credential", secret))
			for _, part := range []string{"-AAAA", "BBBB", "34567", "abc\\"} {
				if strings.Contains(out.String(), part) {
					t.Errorf("%s: %s of %s is shown:\n%s", format, part, secret, &out)
				}
			}
			if format != "json" {
				continue
			}
			for line := range strings.Lines(out.String()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("hiding %s breaks the JSON: %s", secret, line)
				}
			}
		}
	}
}

func FuzzTheFilterLeavesNothingOfTheSecretAndTheRestAlone(f *testing.F) {
	f.Add("0123456789abcdef", "before ", " after", 20)
	f.Add(token, "", token, 15)
	f.Add(oddKey, "\\", "\"", 9)
	f.Fuzz(func(t *testing.T, secret, before, after string, cut int) {
		key, err := credential.Read(credential.Sources{APIKey: credential.NewSecret(secret)})
		if err != nil || key.Reveal() != secret || len(secret) < 2*telling || strings.Contains(secret, "*") ||
			strings.Contains(secret[:telling], `"`) {
			return // no such credential
		}
		cut = max(2*telling, min(cut, len(secret)))
		for _, echo := range []string{secret, secret[:cut]} {
			var line bytes.Buffer
			writeJSON(&line, fault.New(fault.LicenseRefused, "%s%q%s", before, echo, after), noon)
			got := written(t, secret, key.String(), line.String())
			if !json.Valid([]byte(got)) {
				t.Errorf("hiding %s breaks %s: %s", secret, &line, got)
			}
			if strings.Contains(got, secret) {
				t.Errorf("%s is shown by %s", secret, got)
			}
		}
	})
}
