package version

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// installed makes folders as pip leaves them, and returns the pattern for them.
func installed(t *testing.T, paths ...string) (pattern string) {
	t.Helper()
	lib := t.TempDir()
	for _, path := range paths {
		if err := os.MkdirAll(filepath.Join(lib, path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(lib, "python3*/site-packages")
}

func TestTheInstalledVersionIsInTheNameOfAFolder(t *testing.T) {
	t.Parallel()
	const here = "python3.13/site-packages/"
	const build = "4.14.1.dev12+g1a2b3c4.d20260101"
	for name, test := range map[string]struct {
		paths []string
		want  string
	}{
		"nothing":     {nil, ""},
		"others only": {[]string{here + "localstack_ext-4.14.0.dist-info", here + "localstack"}, ""},
		"a release": {[]string{
			here + "localstack_core-2026.3.0.dist-info", here + "requests-2.0.dist-info"}, "2026.3.0"},
		"a development build": {[]string{here + "localstack_core-" + build + ".dist-info"}, build},
		"a candidate":         {[]string{here + "localstack_core-2026.3rc1.dist-info"}, "2026.3rc1"},
		"several": {[]string{
			here + "localstack_core-4.9.2.dist-info", here + "localstack_core-4.14.0.dist-info",
			here + "localstack_core-4.10.0.dist-info"}, "4.14.0"},
		"several Pythons": {[]string{
			here + "localstack_core-4.14.0.dist-info",
			"python3.11/site-packages/localstack_core-2026.3.0.dist-info"}, "2026.3.0"},
		"no version": {[]string{
			here + "localstack_core-.dist-info", here + "localstack_core-x.dist-info"}, ""},
		"an odd name":               {[]string{here + "localstack_core-1.2\x1b[31m.dist-info"}, ""},
		"a long name":               {[]string{here + "localstack_core-" + strings.Repeat("1", 80) + ".dist-info"}, ""},
		"what pip has not finished": {[]string{here + "~ocalstack_core-4.14.0.dist-info"}, ""},
	} {
		got, path := Installed(installed(t, test.paths...))
		if got != test.want || (path == "") != (got == "") || got != "" && !strings.HasSuffix(path, "-"+got+".dist-info") {
			t.Errorf("%s: %q of %q, want %q", name, got, path, test.want)
		}
	}
}

func TestVersionsAreComparedByTheirNumbers(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"4.14.0": true, "v4.14": true, "2025.12.31": true, "2026.2": true, "2026.2.9rc1": true, "2026.02.9": true,
		"0.1.0":  true,
		"2026.3": false, "2026.3.0": false, "2026.03.1": false, "2026.10.0": false, "2027.1": false, "10000.1": false,
		"latest": false, "dev": false, "": false, "2026": false, "stable-4.14": false,
	} {
		if got := Before(number, "2026.3"); got != want {
			t.Errorf("%q is before 2026.3: %t", number, got)
		}
	}
}

func FuzzInstalledVersion(f *testing.F) {
	f.Add("localstack_core-2026.3.0.dist-info")
	f.Add("localstack_core-1!2.3+local.1.dist-info")
	f.Add("a-.dist-info")
	f.Fuzz(func(t *testing.T, name string) {
		number := noted(name)
		isOdd := func(r rune) bool { return r > '~' || !unicode.IsPrint(r) }
		if len(number) > longest || strings.ContainsFunc(number, isOdd) {
			t.Errorf("%q of %q", number, name)
		}
		if Before(number, number) {
			t.Errorf("%q is before itself", number)
		}
	})
}

func TestAVersionBeginsWithTwoNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2026.3": true, "v2026.03.0": true, "4.14.0.dev1": true, "3.8-arm64": true,
		"": false, "latest": false, "stable": false, "2026": false, "2026..3": false, "dev.1": false, "1!2026.3": false,
	} {
		if got := IsVersion(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
