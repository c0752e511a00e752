package credential

import (
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
			for from, want := range map[Sources]Credential{
				{AuthToken: dirty}:              {secret: NewSecret(developerToken), Variable: AuthTokenVariable, Origin: AuthTokenVariable},
				{APIKey: dirty}:                 {secret: NewSecret(developerToken), Variable: APIKeyVariable, Origin: APIKeyVariable},
				{APIKey: dirtyKey}:              {secret: NewSecret(apiKey), Variable: APIKeyVariable, Origin: APIKeyVariable},
				{AuthTokenFile: path}:           {secret: NewSecret(developerToken), Variable: AuthTokenVariable, Origin: "LOCALSTACK_AUTH_TOKEN_FILE"},
				{APIKeyFile: path}:              {secret: NewSecret(developerToken), Variable: APIKeyVariable, Origin: "LOCALSTACK_API_KEY_FILE"},
				{APIKeyFile: " " + path + "\n"}: {secret: NewSecret(developerToken), Variable: APIKeyVariable, Origin: "LOCALSTACK_API_KEY_FILE"},
				{APIKeyFile: `"` + path + `"`}:  {secret: NewSecret(developerToken), Variable: APIKeyVariable, Origin: "LOCALSTACK_API_KEY_FILE"},
			} {
				got, err := Read(from)
				if err != nil || got.Reveal() != want.Reveal() || got.Variable != want.Variable || got.Origin != want.Origin {
					t.Errorf("read %v of %s for %s, %v; want %v of %s for %s", got, got.Origin, got.Variable, err, want, want.Origin, want.Variable)
				}
			}
		})
	}
}

func TestWhatIsBlankIsNoCredential(t *testing.T) {
	t.Parallel()
	for _, blank := range []string{"", " ", "\t\r\n", `""`, `''`, `" "`, "\ufeff", "\u00a0"} {
		from := Sources{AuthToken: NewSecret(blank), APIKey: NewSecret(blank), AuthTokenFile: blank, APIKeyFile: blank}
		if got, err := Read(from); err != nil || got.IsSet() {
			t.Errorf("%q: %v, %v", blank, got, err)
		}
	}
	if got, err := Read(Sources{AuthToken: NewSecret(" "), APIKey: NewSecret(apiKey)}); err != nil || got.Reveal() != apiKey {
		t.Errorf("a blank token hides the API key: %v, %v", got, err)
	}
}

func TestAuthTokensAndAPIKeysAreToldApartByTheirForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from                   Sources
		isAuthToken, developer bool
	}{
		{Sources{AuthToken: NewSecret(developerToken)}, true, true},
		{Sources{AuthToken: NewSecret(ciToken)}, true, false},
		{Sources{APIKey: NewSecret(developerToken)}, true, true},
		{Sources{APIKey: NewSecret(ciToken)}, true, false},
		{Sources{APIKey: NewSecret(apiKey)}, false, false},
	}
	for _, test := range tests {
		got, err := Read(test.from)
		if err != nil || got.IsAuthToken() != test.isAuthToken || got.IsDeveloper() != test.developer {
			t.Errorf("%v: auth token %t, developer %t, %v", got, got.IsAuthToken(), got.IsDeveloper(), err)
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
	good, empty := file("good", developerToken), file("empty", " \n")
	token, other := NewSecret(developerToken), NewSecret(ciToken)
	const malformed, conflict, unreadable = "credentials.malformed: ", "credentials.conflict: ", "credentials.unreadable: "
	tests := []struct {
		name string
		from Sources
		want string
	}{
		{"two values", Sources{AuthToken: token, APIKey: other}, conflict + "LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values"},
		{"token and key", Sources{AuthToken: token, APIKey: NewSecret(apiKey)}, conflict + "LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values"},
		{"a value and a file", Sources{AuthTokenFile: good, APIKey: other}, conflict + "LOCALSTACK_AUTH_TOKEN_FILE and LOCALSTACK_API_KEY have different values"},
		{"a variable and its twin", Sources{AuthToken: token, AuthTokenFile: good}, conflict + "both LOCALSTACK_AUTH_TOKEN and LOCALSTACK_AUTH_TOKEN_FILE are set"},
		{"the other and its twin", Sources{APIKey: token, APIKeyFile: good}, conflict + "both LOCALSTACK_API_KEY and LOCALSTACK_API_KEY_FILE are set"},
		{"a blank inside", Sources{AuthToken: NewSecret("ls-demo0000 AAAA")}, malformed + "LOCALSTACK_AUTH_TOKEN: it contains blanks or line breaks"},
		{"two lines", Sources{AuthTokenFile: file("lines", developerToken+"\n"+ciToken)}, malformed + "LOCALSTACK_AUTH_TOKEN_FILE: it contains blanks or line breaks"},
		{"a control character", Sources{APIKey: NewSecret("key\x00key")}, malformed + "LOCALSTACK_API_KEY: it contains control or non-ASCII characters"},
		{"a zero-width space", Sources{AuthToken: NewSecret(developerToken[:9] + "\u200b" + developerToken[9:])}, malformed + "LOCALSTACK_AUTH_TOKEN: it contains control or non-ASCII characters; with its letters, digits and dashes only it is right"},
		{"broken UTF-8", Sources{APIKey: NewSecret("key\xff")}, malformed + "LOCALSTACK_API_KEY: it contains control or non-ASCII characters"},
		{"UTF-16", Sources{AuthTokenFile: file("utf16", "\xff\xfel\x00s\x00-\x00")}, malformed + "LOCALSTACK_AUTH_TOKEN_FILE: it contains control or non-ASCII characters"},
		{"an API key as token", Sources{AuthToken: NewSecret(apiKey)}, malformed + `LOCALSTACK_AUTH_TOKEN: an Auth Token starts with "ls-" or "lsci-"`},
		{"a mistyped token as API key", Sources{APIKey: NewSecret("ls-" + payload + "dc31")}, malformed + "LOCALSTACK_API_KEY: its checksum does not match: a character is missing or mistyped"},
		{"a megabyte", Sources{APIKeyFile: file("1MB", strings.Repeat("x", 1<<20))}, malformed + "LOCALSTACK_API_KEY_FILE: it has 1048576 characters, a credential has fewer than 4096"},
		{"more than that", Sources{APIKeyFile: file("2MB", strings.Repeat("x", 2<<20))}, unreadable + `LOCALSTACK_API_KEY_FILE="` + dir + `/2MB": the file is larger than 1 MiB`},
		{"no such file", Sources{AuthTokenFile: dir + "/gone"}, unreadable + `LOCALSTACK_AUTH_TOKEN_FILE="` + dir + `/gone": no such file or directory`},
		{"a directory", Sources{AuthTokenFile: dir}, unreadable + `LOCALSTACK_AUTH_TOKEN_FILE="` + dir + `": it is a directory`},
		{"an empty file", Sources{AuthTokenFile: empty}, unreadable + `LOCALSTACK_AUTH_TOKEN_FILE="` + empty + `": the file is empty`},
		{"the token instead of a path", Sources{AuthTokenFile: developerToken}, unreadable + "LOCALSTACK_AUTH_TOKEN_FILE is not the absolute path of a file: no such file or directory"},
		{"the key instead of a path", Sources{APIKeyFile: apiKey}, unreadable + "LOCALSTACK_API_KEY_FILE is not the absolute path of a file: no such file or directory"},
		{"bad token, good key", Sources{AuthToken: NewSecret("x"), APIKey: token}, malformed + `LOCALSTACK_AUTH_TOKEN: an Auth Token starts with "ls-" or "lsci-"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Read(test.from)
			if err == nil || err.Error() != test.want || got.IsSet() {
				t.Errorf("got  %v, %v\nwant %s", got, err, test.want)
			}
			if _, ok := fault.Find(err); !ok {
				t.Errorf("%T has no row of the table", err)
			}
		})
	}
}

func TestAnUnreadableSecretSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(developerToken), 0); err != nil {
		t.Fatal(err)
	}
	var err error
	asNobody(func() { _, err = Read(Sources{AuthTokenFile: path}) })
	if want := `credentials.unreadable: LOCALSTACK_AUTH_TOKEN_FILE="` + path + `": permission denied`; err == nil || err.Error() != want {
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
	if want := `credentials.unreadable: LOCALSTACK_AUTH_TOKEN_FILE="` + path + `": it is a FIFO or a device, not a regular file`; err == nil || err.Error() != want {
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

// sentences are the longer texts of this package's errors.
const sentences = "credentials.malformed: LOCALSTACK_AUTH_TOKEN: LOCALSTACK_API_KEY: it contains blanks or line breaks " +
	"it contains control or non-ASCII characters " +
	"credentials.conflict: LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values"

func FuzzReadShowsNothingOfWhatItRefuses(f *testing.F) {
	for _, seed := range []string{developerToken, ciToken, " " + developerToken, apiKey, "ls-demo0000", "\"'", "ls-\x00"} {
		f.Add(seed, seed)
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, token, key string) {
		got, err := Read(Sources{AuthToken: NewSecret(token), APIKey: NewSecret(key)})
		if err != nil {
			for _, secret := range []string{Clean(token), Clean(key)} {
				// What is short may occur in any sentence.
				if len(secret) > 12 && !strings.Contains(sentences, secret) && strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows %q: %v", secret, err)
				}
			}
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
