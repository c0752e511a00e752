package credential

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/fault"
)

const apiKey = "0aZ9$opaque:key/=="

// dressings are what credentials are wrapped in on their way here.
var dressings = map[string]string{
	"bare":                       "%",
	"blanks":                     "  % \t",
	"line end of a file":         "%\n",
	"line end of Windows":        "%\r\n\r\n",
	"double quotes":              `"%"`,
	"single quotes":              `'%'`,
	"quotes and blanks, nested":  ` " '%' " `,
	"half a pair of quotes":      `%"`,
	"byte order mark":            "\ufeff%\r\n",
	"byte order mark in a quote": "\"\ufeff%\"",
	"no-break space":             "\u00a0%\u3000",
}

func TestACredentialIsFoundInWhateverItIsWrapped(t *testing.T) {
	t.Parallel()
	for name, dressing := range dressings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dirty := NewSecret(strings.ReplaceAll(dressing, "%", developerToken))
			dirtyKey := NewSecret(strings.ReplaceAll(dressing, "%", apiKey))
			path := write(t, filepath.Join(t.TempDir(), "token"), dirty.Reveal())
			for from, want := range map[Sources]struct{ text, variable, origin string }{
				{AuthToken: dirty}:              {developerToken, AuthTokenVariable, AuthTokenVariable},
				{Override: dirty}:               {developerToken, AuthTokenVariable, OverrideVariable},
				{APIKey: dirty}:                 {developerToken, APIKeyVariable, APIKeyVariable},
				{APIKey: dirtyKey}:              {apiKey, APIKeyVariable, APIKeyVariable},
				{AuthTokenFile: path}:           {developerToken, AuthTokenVariable, "LOCALSTACK_AUTH_TOKEN_FILE"},
				{APIKeyFile: path}:              {developerToken, APIKeyVariable, "LOCALSTACK_API_KEY_FILE"},
				{APIKeyFile: " " + path + "\n"}: {developerToken, APIKeyVariable, "LOCALSTACK_API_KEY_FILE"},
				{APIKeyFile: `"` + path + `"`}:  {developerToken, APIKeyVariable, "LOCALSTACK_API_KEY_FILE"},
			} {
				got, err := Read(from)
				if err != nil || got.Reveal() != want.text || got.Variable != want.variable || got.Origin != want.origin {
					t.Errorf("read %v of %s for %s, %v; want %v", got, got.Origin, got.Variable, err, want)
				}
			}
		})
	}
}

func TestWhatIsBlankIsNoCredential(t *testing.T) {
	t.Parallel()
	for _, blank := range []string{"", " ", "\t\r\n", `""`, `''`, `" "`, "\ufeff", "\u00a0"} {
		secret := NewSecret(blank)
		from := Sources{Override: secret, AuthToken: secret, APIKey: secret, AuthTokenFile: blank, APIKeyFile: blank}
		if got, err := Read(from); err != nil || got.IsSet() {
			t.Errorf("%q: %v, %v", blank, got, err)
		}
	}
	got, err := Read(Sources{AuthToken: NewSecret(" "), APIKey: NewSecret(apiKey)})
	if err != nil || got.Reveal() != apiKey {
		t.Errorf("a blank token hides the API key: %v, %v", got, err)
	}
}

func TestAuthTokensAndAPIKeysDifferByTheirForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from                         Sources
		isAuthToken, developer, isCI bool
	}{
		{Sources{AuthToken: NewSecret(developerToken)}, true, true, false},
		{Sources{AuthToken: NewSecret(ciToken)}, true, false, true},
		{Sources{Override: NewSecret(ciToken)}, true, false, true},
		{Sources{APIKey: NewSecret(developerToken)}, true, true, false},
		{Sources{APIKey: NewSecret(ciToken)}, true, false, true},
		{Sources{APIKey: NewSecret(apiKey)}, false, false, false},
	}
	for _, test := range tests {
		got, err := Read(test.from)
		if err != nil || got.IsAuthToken() != test.isAuthToken || got.IsDeveloper() != test.developer ||
			got.IsCI() != test.isCI {
			t.Errorf("%v: auth token %t, developer %t, CI %t, %v", got, got.IsAuthToken(), got.IsDeveloper(), got.IsCI(), err)
		}
	}
}

func TestCredentialsThatAgreeAreNoConflict(t *testing.T) {
	t.Parallel()
	got, err := Read(Sources{AuthToken: NewSecret(developerToken), APIKey: NewSecret(" " + developerToken + "\n")})
	if err != nil || got.Variable != AuthTokenVariable || got.Reveal() != developerToken {
		t.Errorf("read %v for %s, %v", got, got.Variable, err)
	}
}

func TestAnOverrideWinsOverEveryOtherCredential(t *testing.T) {
	t.Parallel()
	override := NewSecret(ciToken)
	missing := filepath.Join(t.TempDir(), "missing")
	for name, from := range map[string]Sources{
		"alone":               {Override: override},
		"another auth token":  {Override: override, AuthToken: NewSecret(developerToken)},
		"a malformed one":     {Override: override, AuthToken: NewSecret("nonsense")},
		"a file":              {Override: override, AuthTokenFile: missing},
		"both ways at once":   {Override: override, AuthToken: NewSecret(developerToken), AuthTokenFile: missing},
		"an API key":          {Override: override, APIKey: NewSecret(apiKey)},
		"an API key's file":   {Override: override, APIKeyFile: missing},
		"a token and API key": {Override: override, AuthToken: NewSecret(developerToken), APIKey: NewSecret(apiKey)},
	} {
		if got, err := Read(from); err != nil || got.Reveal() != ciToken || !got.IsOverride() {
			t.Errorf("%s: read %v of %s, %v", name, got, got.Origin, err)
		}
	}
	got, err := Read(Sources{Override: NewSecret(` "" `), AuthToken: NewSecret(developerToken)})
	if err != nil || got.Reveal() != developerToken || got.IsOverride() {
		t.Errorf("a blank override hides the auth token: %v, %v", got, err)
	}
}

func TestAnUnusableOverrideIsNamed(t *testing.T) {
	t.Parallel()
	for text, id := range map[string]fault.ID{
		developerToken + "0": fault.CredentialsMalformed,
		apiKey:               fault.CredentialsMalformed,
		"/run/secrets/token": fault.CredentialsForeign,
		"${TOKEN}":           fault.CredentialsPlaceholder,
	} {
		_, err := Read(Sources{Override: NewSecret(text), AuthToken: NewSecret(developerToken)})
		failed, ok := fault.Find(err)
		if !ok || failed.ID != id || !strings.HasPrefix(failed.Detail, OverrideVariable+": ") {
			t.Errorf("%q: %v, want %s", text, err, id)
		}
	}
}

// write makes the file at path, and returns path.
func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnusableCredentialsAreNamedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string { return write(t, filepath.Join(dir, name), content) }
	good := file("good", developerToken)
	token, other := NewSecret(developerToken), NewSecret(ciToken)
	in := func(text string) Sources { return Sources{AuthToken: NewSecret(text)} }
	inKey := func(text string) Sources { return Sources{APIKey: NewSecret(text)} }
	inFile := func(path string) Sources { return Sources{AuthTokenFile: path} }
	tests := map[fault.ID][]struct {
		from Sources
		want string
	}{
		fault.CredentialsConflict: {
			{Sources{AuthToken: token, APIKey: other}, "_AUTH_TOKEN and LOCALSTACK_API_KEY have different values"},
			{Sources{AuthToken: token, APIKey: NewSecret(apiKey)}, "_AUTH_TOKEN and LOCALSTACK_API_KEY have different values"},
			{Sources{AuthTokenFile: good, APIKey: other}, "_AUTH_TOKEN_FILE and LOCALSTACK_API_KEY have different values"},
		},
		fault.CredentialsMalformed: {
			{in("ls-demo0000 AAAA"), "_AUTH_TOKEN: it contains blanks or line breaks"},
			{inFile(file("lines", developerToken+"\n"+ciToken)), "_AUTH_TOKEN_FILE: it contains blanks or line breaks; " +
				"a correct Auth Token is part of it: use only that"},
			{inKey("key\x00key"), "_API_KEY: it contains control or non-ASCII characters"},
			{inKey("key\xff"), "_API_KEY: it contains control or non-ASCII characters"},
			{in(developerToken[:9] + "\u200b" + developerToken[9:]),
				"_AUTH_TOKEN: it contains control or non-ASCII characters; the token is correct without them"},
			{in(apiKey), `_AUTH_TOKEN: an Auth Token starts with "ls-" or "lsci-"`},
			{Sources{AuthToken: NewSecret("x"), APIKey: token}, `_AUTH_TOKEN: an Auth Token starts with "ls-" or "lsci-"`},
			{inKey("ls-" + payload + "dc31"), "_API_KEY: its checksum does not match: a character is missing or mistyped"},
			{Sources{APIKeyFile: file("1MB", strings.Repeat("x", 1<<20))},
				"_API_KEY_FILE: it has 1048576 characters; the maximum is 4096"},
		},
		fault.CredentialsUnreadable: {
			{inFile(file("2M", strings.Repeat("x", 2<<20))), `_AUTH_TOKEN_FILE="` + dir + `/2M": the file is larger than 1 MiB`},
			{inFile(dir + "/gone/token"), `_AUTH_TOKEN_FILE="` + dir + `/gone/token": no such file or directory; ` +
				`the directory "` + dir + `/gone" does not exist`},
			{inFile(dir), `_AUTH_TOKEN_FILE="` + dir + `": it is a directory`},
			{inFile(file("empty", " \n")), `_AUTH_TOKEN_FILE="` + dir + `/empty": the file is empty`},
			{inFile(developerToken), "_AUTH_TOKEN_FILE is not the absolute path of a file: no such file or directory"},
			{Sources{APIKeyFile: apiKey}, "_API_KEY_FILE is not the absolute path of a file: no such file or directory"},
		},
	}
	for id, rows := range tests {
		for _, test := range rows {
			got, err := Read(test.from)
			want := string(id) + ": LOCALSTACK" + test.want
			if failed, ok := fault.Find(err); !ok || failed.ID != id || err.Error() != want || got.IsSet() {
				t.Errorf("got  %v, %v\nwant %s", got, err, want)
			}
		}
	}
	for from, want := range map[Sources]string{
		{AuthToken: token, AuthTokenFile: good}: "both LOCALSTACK_AUTH_TOKEN and LOCALSTACK_AUTH_TOKEN_FILE are set",
		{APIKey: token, APIKeyFile: good}:       "both LOCALSTACK_API_KEY and LOCALSTACK_API_KEY_FILE are set",
	} {
		if _, err := Read(from); err == nil || err.Error() != "credentials.conflict: "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// unreadable is the error for a file that LOCALSTACK_AUTH_TOKEN_FILE names.
func unreadable(path, cause string) string {
	return fmt.Sprintf("credentials.unreadable: LOCALSTACK_AUTH_TOKEN_FILE=%q: %s", path, cause)
}

func TestAnUnreadableSecretSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(developerToken), 0); err != nil {
		t.Fatal(err)
	}
	var err error
	asNobody(func() { _, err = Read(Sources{AuthTokenFile: path}) })
	if want := unreadable(path, "permission denied"); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// asNobody does something without root's right to read everything.
func asNobody(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Never unlocked: the thread ends with the goroutine, and its user with it.
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			_ = syscall.Setfsuid(65534)
		}
		do()
	}()
	<-done
}

func TestAFIFOAsSecretFileDoesNotBlockTheStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read(Sources{AuthTokenFile: path})
	if want := unreadable(path, "it is a FIFO or a device, not a regular file"); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestASecretFileMayBeALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "target"), ciToken)
	link := filepath.Join(dir, "link")
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(Sources{AuthTokenFile: link}); err != nil || got.Reveal() != ciToken {
		t.Errorf("read %v, %v", got, err)
	}
}

func FuzzWhatIsReadIsClean(f *testing.F) {
	for _, seed := range []string{developerToken, ciToken, " " + developerToken, apiKey, "ls-demo0000", "\"'", "ls-\x00"} {
		f.Add(seed, seed)
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, token, key string) {
		got, err := Read(Sources{AuthToken: NewSecret(token), APIKey: NewSecret(key)})
		if err != nil {
			return
		}
		if got.IsSet() != (Clean(token) != "" || Clean(key) != "") {
			t.Fatalf("%q and %q: set is %t", token, key, got.IsSet())
		}
		text := got.Reveal()
		if Clean(text) != text || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("read %q", text)
		}
		if got.IsAuthToken() && checkToken(text) != nil {
			t.Errorf("took %q for an auth token", text)
		}
	})
}
