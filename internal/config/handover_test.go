package config

import (
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
)

const token = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"

// everySpelling is an environment with a credential and its files under every
// name that leads to one, and with what an earlier start may have decided.
var everySpelling = []string{
	"LOCALSTACK_AUTH_TOKEN=" + token, "AUTH_TOKEN=" + token, "LOCALSTACK_LOCALSTACK_AUTH_TOKEN=" + token,
	"LOCALSTACK_API_KEY=" + token, "API_KEY=" + token, "LOCALSTACK_LOCALSTACK_LOCALSTACK_API_KEY=" + token,
	"LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/t", "AUTH_TOKEN_FILE=/run/secrets/t",
	"LOCALSTACK_LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/t",
	"LOCALSTACK_AUTH_TOKEN_OVERRIDE=" + token, "AUTH_TOKEN_OVERRIDE=" + token, "AUTH_TOKEN_OVERRIDE_FILE=/run/secrets/t",
	"LOCALSTACK_API_KEY_FILE=/run/secrets/k", "API_KEY_FILE=/run/secrets/k",
	"ACTIVATE_PRO=yes", "LOCALSTACK_ACTIVATE_PRO=yes", "PRO_ACTIVATED=1", "LOCALSTACK_PRO_ACTIVATED=1",
	"SUPERVISOR_PID=1", "LOCALSTACK_SUPERVISOR_PID=1",
	"PATH=/bin", "MY_AUTH_TOKEN=mine", "AUTH_TOKENS=2", "LOCALSTACK_DEBUG=1", "DEBUG=1",
}

// others are the entries of everySpelling that are none of our business.
var others = everySpelling[20:]

// choices are those of everySpelling with which the user asked for pro features.
var choices = []string{"ACTIVATE_PRO=yes", "LOCALSTACK_ACTIVATE_PRO=yes"}

func isToken(text string) bool { return text == token }

func credentialFor(t *testing.T, from credential.Sources) *credential.Credential {
	t.Helper()
	read, err := credential.Read(from)
	if err != nil {
		t.Fatal(err)
	}
	return &read
}

func TestForEmulator(t *testing.T) {
	t.Parallel()
	secret := credential.NewSecret(token)
	with := func(from credential.Sources) Handover { return Handover{Pro: credentialFor(t, from)} }
	supervised := with(credential.Sources{AuthToken: secret})
	supervised.Supervisor = 1
	pro := append(slices.Clone(choices), others...)
	tests := []struct {
		name string
		told Handover
		want []string
	}{
		{"pro off, nobody supervises", Handover{IsCredential: isToken}, append(slices.Clone(others), "ACTIVATE_PRO=0")},
		{"pro off, supervised", Handover{IsCredential: isToken, Supervisor: 7},
			append(slices.Clone(others), "ACTIVATE_PRO=0", "SUPERVISOR_PID=7")},
		{"pro on, an auth token", supervised, append(slices.Clone(pro), "PRO_ACTIVATED=1",
			"LOCALSTACK_AUTH_TOKEN="+token, "AUTH_TOKEN="+token, "SUPERVISOR_PID=1")},
		{"pro on, an override", with(credential.Sources{Override: secret}), append(slices.Clone(pro), "PRO_ACTIVATED=1",
			"LOCALSTACK_AUTH_TOKEN="+token, "AUTH_TOKEN="+token,
			"LOCALSTACK_AUTH_TOKEN_OVERRIDE="+token, "AUTH_TOKEN_OVERRIDE="+token)},
		{"pro on, an API key", with(credential.Sources{APIKey: credential.NewSecret("legacy-key")}),
			append(slices.Clone(pro), "PRO_ACTIVATED=1", "LOCALSTACK_API_KEY=legacy-key", "API_KEY=legacy-key")},
		{"pro on, an auth token as API key", with(credential.Sources{APIKey: secret}),
			append(slices.Clone(pro), "PRO_ACTIVATED=1", "LOCALSTACK_API_KEY="+token, "API_KEY="+token)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			environ := unprefix(everySpelling)
			before := slices.Clone(environ.Entries)
			got := environ.ForEmulator(test.told)
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if !slices.Equal(environ.Entries, before) {
				t.Errorf("our own environment became %q", environ.Entries)
			}
		})
	}
}

func TestWhatTheEmulatorIsGivenOfOneVariable(t *testing.T) {
	t.Parallel()
	pro := Handover{Pro: credentialFor(t, credential.Sources{AuthToken: credential.NewSecret(token)})}
	off := Handover{IsCredential: isToken}
	const handed = " PRO_ACTIVATED=1 LOCALSTACK_AUTH_TOKEN=" + token + " AUTH_TOKEN=" + token
	tests := []struct {
		name, given string
		told        Handover
		want        string
	}{
		{"no choice", "A=1", pro, "A=1" + handed},
		{"the user's choice, byte for byte", `ACTIVATE_PRO="On"`, pro, `ACTIVATE_PRO="On"` + handed},
		{"the same with the prefix", "LOCALSTACK_ACTIVATE_PRO=tRue", pro,
			"LOCALSTACK_ACTIVATE_PRO=tRue ACTIVATE_PRO=tRue" + handed},
		{"an empty choice", "ACTIVATE_PRO=", pro, "ACTIVATE_PRO=" + handed},
		{"a choice against pro", "LOCALSTACK_ACTIVATE_PRO=off", off, "ACTIVATE_PRO=0"},
		{"the user's PRO_ACTIVATED", "PRO_ACTIVATED=1 LOCALSTACK_PRO_ACTIVATED=1 pro_activated=1", off, "ACTIVATE_PRO=0"},
		{"the user's SUPERVISOR_PID", "SUPERVISOR_PID=9 LOCALSTACK_SUPERVISOR_PID=8", pro, handed[1:]},

		{"an API key of the user's", "API_KEY=mine auth_token=mine AUTH_TOKEN=mine", off,
			"API_KEY=mine auth_token=mine AUTH_TOKEN=mine ACTIVATE_PRO=0"},
		{"the same beside LocalStack's", "API_KEY=mine LOCALSTACK_API_KEY=key", off, "API_KEY=mine ACTIVATE_PRO=0"},
		{"the same with pro", "API_KEY=mine auth_token=mine", pro, "API_KEY=mine auth_token=mine" + handed},
		{"an AUTH_TOKEN of the user's and a file", "AUTH_TOKEN=mine LOCALSTACK_AUTH_TOKEN_FILE=/f", pro,
			"AUTH_TOKEN=mine PRO_ACTIVATED=1 LOCALSTACK_AUTH_TOKEN=" + token},
		{"an AUTH_TOKEN that the prefix rule overrides", "AUTH_TOKEN=mine LOCALSTACK_AUTH_TOKEN=" + token, pro,
			"AUTH_TOKEN=" + token + handed[:len(handed)-len(" AUTH_TOKEN="+token)]},
		{"what the prefix rule has made", "LOCALSTACK_API_KEY=key LOCALSTACK_AUTH_TOKEN_OVERRIDE=x", off, "ACTIVATE_PRO=0"},
		{"the credential by another name", "MY=" + token + " my=other API_KEY=" + token, off, "my=other ACTIVATE_PRO=0"},
		{"the credential by another name, with pro", "MY=" + token, pro, "MY=" + token + handed},
		{"files", "LOCALSTACK_API_KEY_FILE=/f AUTH_TOKEN_FILE=/f MY_FILE=/f", off, "MY_FILE=/f ACTIVATE_PRO=0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			environ := unprefix(strings.Fields(test.given))
			got := environ.ForEmulator(test.told)
			want := strings.Fields(test.want)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func FuzzForEmulator(f *testing.F) {
	f.Add("LOCALSTACK_AUTH_TOKEN="+token+"\x00MINE="+token+"\x00A=1", true)
	f.Add("LOCALSTACK_API_KEY=key\x00API_KEY=mine\x00api_key=mine\x00PRO_ACTIVATED=1", false)
	f.Add("LOCALSTACK_LOCALSTACK_AUTH_TOKEN_OVERRIDE=x\x00=\x00\x00odd\x00ACTIVATE_PRO=\" 1\"", true)
	f.Add(token+"\x00="+token+"\x00localstack_auth_token=x\x00AUTH_TOKEN_FILE=/f", false)
	pro := credential.Credential{}
	if read, err := credential.Read(credential.Sources{AuthToken: credential.NewSecret(token)}); err == nil {
		pro = read
	}
	f.Fuzz(func(t *testing.T, block string, isPro bool) {
		environ := unprefix(strings.Split(block, "\x00"))
		told := Handover{IsCredential: isToken, Supervisor: 7}
		if isPro {
			told.Pro = &pro
		}
		got := environ.ForEmulator(told)
		for _, entry := range got {
			name, value, isVariable := strings.Cut(entry, "=")
			plain, times := plainName(name)
			switch {
			case !isPro && (isToken(value) || !isVariable && isToken(entry)):
				t.Errorf("%q has the credential", entry)
			case !isPro && times > 0 && isOfCredential(plain), !isPro && plain == proActivated:
				t.Errorf("%q reaches an emulator without pro features", entry)
			case plain == activatePro && !isPro && entry != "ACTIVATE_PRO=0":
				t.Errorf("%q asks for pro features", entry)
			case plain == supervisorPID && entry != "SUPERVISOR_PID=7":
				t.Errorf("%q is not ours", entry)
			}
		}
		for _, entry := range environ.Entries {
			name, value, _ := strings.Cut(entry, "=")
			plain, _ := plainName(name)
			isOurs := isOfCredential(plain) || plain == proActivated || plain == supervisorPID || plain == activatePro
			if !isOurs && !isToken(value) && !isToken(entry) && !slices.Contains(got, entry) {
				t.Errorf("%q is lost", entry)
			}
		}
	})
}
