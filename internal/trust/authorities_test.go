package trust

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

// bundleAt writes a file below a new folder.
func bundleAt(t *testing.T, name, content string) (path string) {
	t.Helper()
	dir := t.TempDir()
	testkit.Put(t, dir, name, content)
	return filepath.Join(dir, name)
}

func TestBundleThatCannotBeUsedIsNamed(t *testing.T) {
	t.Parallel()
	missing, empty := filepath.Join(t.TempDir(), "missing.pem"), bundleAt(t, "empty.pem", "")
	garbage, folder := bundleAt(t, "garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		t.TempDir()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		missing: "no such file or directory",
		empty:   "it is empty",
		garbage: "line 1: its content is damaged",
		folder:  file.ErrEmptyDirectory.Error(),
		fifo:    "it is a FIFO or a device, not a regular file",
	} {
		_, warnings := Load([]Bundle{{Variable: "CURL_CA_BUNDLE", Path: path}}, layout.Root(t.TempDir()))
		want := fmt.Sprintf("CURL_CA_BUNDLE=%q is ignored: %s; the emulator's Python (requests) cannot use it either,"+
			" and all its HTTPS requests fail", path, reason)
		if len(warnings) != 1 || warnings[0] != want {
			t.Errorf("got %q, want %q", warnings, want)
		}
	}
}

func TestOneFileUnderSeveralNamesIsNamedOnce(t *testing.T) {
	t.Parallel()
	bundles := []Bundle{{Variable: "REQUESTS_CA_BUNDLE", Path: "/nowhere"},
		{Variable: "CURL_CA_BUNDLE", Path: "/nowhere"}, {Variable: "SSL_CERT_FILE", Path: "/nowhere"}}
	if _, warnings := Load(bundles, layout.Root(t.TempDir())); len(warnings) != 1 ||
		!strings.HasPrefix(warnings[0], "REQUESTS_CA_BUNDLE=") {
		t.Errorf("got %q", warnings)
	}
}

func TestEmbeddedAuthoritiesStandInForTheSystems(t *testing.T) {
	t.Parallel()
	systemBundles := layout.Root("").CertificateBundles()
	count := func(root string) int {
		all, _ := Load(nil, layout.Root(root))
		n := 0
		for _, source := range all.sources() {
			n += len(slices.Collect(source))
		}
		return n
	}
	root := t.TempDir()
	testkit.Put(t, root, testkit.SystemBundle, "empty")
	if n := count(root); n < 100 {
		t.Errorf("%d authorities without a system bundle", n)
	}
	if n := count(testkit.TrustingRoot(t, host, testkit.NewAuthority(t, "System CA").PEM)); n != 1 {
		t.Errorf("%d authorities beside a system bundle of one", n)
	}
	garbage := t.TempDir()
	testkit.Put(t, garbage, systemBundles[0], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	testkit.Put(t, garbage, systemBundles[1], testkit.NewAuthority(t, "System CA").PEM)
	if n := count(garbage); n != 1 {
		t.Errorf("%d authorities beside a bundle of garbage", n)
	}
	for _, name := range systemBundles {
		root := t.TempDir()
		testkit.Put(t, root, name, testkit.NewAuthority(t, "System CA").PEM)
		if n := count(root); n != 1 {
			t.Errorf("%d authorities with %s", n, name)
		}
	}
}
