package trust

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

const debian, fedora = "usr/local/share/ca-certificates/", "etc/pki/ca-trust/source/anchors/"

// link makes a link below root.
func link(t *testing.T, root, target, name string) {
	t.Helper()
	testkit.Put(t, root, name, "")
	if err := os.Remove(filepath.Join(root, name)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
		t.Fatal(err)
	}
}

func TestAddedAuthoritiesAreFound(t *testing.T) {
	t.Parallel()
	one, two := testkit.NewAuthority(t, "One"), testkit.NewAuthority(t, "Two")
	for name, c := range map[string]struct {
		files map[string]string
		// links lead from their names; fifo is one.
		links map[string]string
		fifo  string
		found []string // paths
		warns []string
	}{
		"none":            {},
		"an empty folder": {files: map[string]string{debian + ".wh": ""}},
		"a file":          {files: map[string]string{debian + "a.crt": one.PEM}, found: []string{debian + "a.crt"}},
		"below a folder":  {files: map[string]string{debian + "x/y/a.crt": one.PEM}, found: []string{debian + "x/y/a.crt"}},
		"two in a file": {files: map[string]string{debian + "a.crt": one.PEM + two.PEM},
			found: []string{debian + "a.crt", debian + "a.crt"}},
		"twice": {files: map[string]string{debian + "a.crt": one.PEM, debian + "b.crt": one.PEM, fedora + "c": one.PEM},
			found: []string{debian + "a.crt"}},
		"DER": {files: map[string]string{debian + "a.crt": string(one.Certificate.Raw)}, found: []string{debian + "a.crt"}},
		"Fedora's, by any name": {files: map[string]string{fedora + "a.pem": one.PEM, fedora + "b": two.PEM},
			found: []string{fedora + "a.pem", fedora + "b"}},
		"below one of Fedora's": {files: map[string]string{fedora + "x/a.pem": one.PEM}},
		"of Kubernetes": {files: map[string]string{debian + "..2026_01/a.crt": one.PEM},
			links: map[string]string{debian + "..data": "..2026_01", debian + "a.crt": "..data/a.crt"},
			found: []string{debian + "..2026_01/a.crt"}},
		"a link in a circle": {files: map[string]string{debian + "a.crt": one.PEM},
			links: map[string]string{debian + "circle": ".", debian + "x/up": "../.."}, found: []string{debian + "a.crt"}},
		"a link to itself": {links: map[string]string{debian + "a.crt": "a.crt"},
			warns: []string{"a.crt is ignored: it is a link to a file that does not exist"}},
		"a link to nothing": {links: map[string]string{debian + "a.crt": "nowhere"},
			warns: []string{"a.crt is ignored: it is a link to a file that does not exist"}},
		"another link to nothing": {links: map[string]string{debian + "a.pem": "nowhere"}},
		"a device": {links: map[string]string{debian + "a.crt": "/dev/zero", fedora + "b": "/dev/zero"},
			warns: []string{"a.crt is ignored: it is not a regular file", "b is ignored: it is not a regular file"}},
		"a FIFO": {fifo: debian + "a.crt", warns: []string{"a.crt is ignored: it is not a regular file"}},
		"other things": {files: map[string]string{debian + "README": "text", debian + "a.crt": "text"},
			warns: []string{"a.crt is ignored: it contains no PEM certificate"}},
		"another ending": {files: map[string]string{debian + "a.pem": one.PEM, debian + "a.CRT": two.PEM},
			warns: []string{"a.CRT is ignored: only names that end in .crt are read", "a.pem is ignored: only names"}},
		"another ending beside": {files: map[string]string{debian + "a.pem": one.PEM, debian + "b.crt": one.PEM},
			found: []string{debian + "b.crt"}},
		"damaged": {files: map[string]string{debian + "a.crt": one.PEM + two.PEM[:100]},
			found: []string{debian + "a.crt"}, warns: []string{"a.crt is damaged: line "}},
		"PKCS#7": {files: map[string]string{debian + "a.crt": armor("PKCS7", []byte{1})},
			warns: []string{"a.crt is ignored: it is PKCS#7; convert it: openssl pkcs7"}},
		"a file for a folder": {files: map[string]string{strings.TrimSuffix(debian, "/"): one.PEM},
			warns: []string{"ca-certificates is ignored: not a directory"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, content := range c.files {
				testkit.Put(t, root, name, content)
			}
			for name, target := range c.links {
				link(t, root, target, name)
			}
			if c.fifo != "" {
				testkit.Put(t, root, filepath.Dir(c.fifo)+"/README", "")
				if err := unix.Mkfifo(filepath.Join(root, c.fifo), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, warnings := Anchors(layout.Root(root))
			var paths []string
			for _, a := range found {
				paths = append(paths, strings.TrimPrefix(a.Path, root+"/"))
			}
			if fmt.Sprint(paths) != fmt.Sprint(c.found) {
				t.Errorf("found %q, want %q", paths, c.found)
			}
			all := strings.Join(warnings, "\n")
			for _, warning := range c.warns {
				if !strings.Contains(all, warning) {
					t.Errorf("%q is not in %q", warning, warnings)
				}
			}
			if len(warnings) != len(c.warns) {
				t.Errorf("warnings are %q, want %q", warnings, c.warns)
			}
		})
	}
}

// A folder may hold anything, and more than a start can read.
func TestManyFilesAreNotAllRead(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	one := testkit.NewAuthority(t, "One").PEM
	for i := range 5 * maxAnchors {
		testkit.Put(t, root, fmt.Sprintf("%s%06d.crt", debian, i), one)
	}
	began := time.Now()
	w := walkAll(layout.Root(root).AuthorityFolders())
	if len(w.found) != 1 || len(w.warnings) != 1 || !strings.Contains(w.warnings[0], "more than 2000 files") {
		t.Errorf("%d found, %q", len(w.found), w.warnings)
	}
	if took := time.Since(began); took > testkit.Soon {
		t.Errorf("it took %s", took)
	}
}
