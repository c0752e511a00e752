package file

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveOwnDeletesTheFileAndNothingElse(t *testing.T) {
	t.Parallel()
	outside := write(t, "target", "theirs")
	base := t.TempDir()
	link, plain := filepath.Join(base, "link"), filepath.Join(base, "plain")
	must(t, os.Symlink(outside, link))
	must(t, os.WriteFile(plain, []byte("ours"), 0o600))
	for _, name := range []string{"link", "plain", "never there", "no folder/file"} {
		if err := RemoveOwn(base, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(base); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	holds(t, outside, "theirs")
	if err := RemoveOwn(filepath.Join(base, "no volume"), "file"); err != nil {
		t.Errorf("without a volume: %v", err)
	}
}

func TestRemoveOwnDeletesTheFileBehindALinkThatStaysInTheVolume(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	must(t, os.WriteFile(filepath.Join(base, "kept"), []byte("ours"), 0o600))
	must(t, os.Symlink(filepath.Join(base, "kept"), filepath.Join(base, "license.json")))
	for range 2 {
		must(t, RemoveOwn(base, "license.json"))
		if _, err := ReadOwn(base, "license.json"); !os.IsNotExist(err) {
			t.Errorf("it is still there: %v", err)
		}
	}
}

func TestRemoveOwnSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(base, "license.json", "full"), 0o755))
	says(t, RemoveOwn(base, "license.json"), "it is a directory")
}
