package layout

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheImagesPathsAreBelowTheRoot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{Root("").Volume(), "/var/lib/localstack"},
		{Root("/").Volume(), "/var/lib/localstack"},
		{Root("/demo/").Cache(), "/demo/var/lib/localstack/cache"},
		{Root("/demo").Python(), "/demo/opt/code/localstack/.venv/bin/python"},
		{Root("").At("proc/self/status"), "/proc/self/status"},
		{Root("/demo").CertificateBundles()[0], "/demo/etc/ssl/certs/ca-certificates.crt"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s instead of %s", tt.got, tt.want)
		}
	}
}

func TestARelativeRootStartsAtTheWorkingDirectory(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"": "", "/": "/", "/demo": "/demo", "demo": filepath.Join(here, "demo"), ".": here,
	} {
		var root Root
		if err := root.UnmarshalText([]byte(text)); err != nil || string(root) != want {
			t.Errorf("%q: %q, %v", text, root, err)
		}
	}
}
