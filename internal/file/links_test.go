package file

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// linked makes a volume with a link at name, whose target is written with %s for the volume's path.
func linked(t *testing.T, name, target string) (base string) {
	t.Helper()
	base = t.TempDir()
	must(t, os.MkdirAll(filepath.Join(base, "store"), 0o755))
	link := filepath.Join(base, name)
	must(t, os.MkdirAll(filepath.Dir(link), 0o755))
	must(t, os.Symlink(strings.ReplaceAll(target, "%s", base), link))
	return base
}

func TestLinksThatStayInTheVolumeAreFollowed(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, link, target, kept string }{
		{"a folder", "cache", "store", "store/license.json"},
		{"a folder by its absolute path", "cache", "%s/store", "store/license.json"},
		{"a folder that is to be made", "cache", "%s/new/folder", "new/folder/license.json"},
		{"a file", "cache/license.json", "../store/kept.json", "store/kept.json"},
		{"a file by its absolute path", "cache/license.json", "%s/store/kept.json", "store/kept.json"},
		{"a file beside it", "cache/license.json", "current", "cache/current"},
		{"a way out and back", "cache", "%s/../{base}/store", "store/license.json"},
		{"a relative way out and back", "cache", "../{base}/store", "store/license.json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base := linked(t, test.link, "x")
			link, target := filepath.Join(base, test.link), strings.ReplaceAll(test.target, "%s", base)
			must(t, os.Remove(link))
			must(t, os.Symlink(strings.ReplaceAll(target, "{base}", filepath.Base(base)), link))
			must(t, CanWrite(base, "cache/license.json"))
			for _, content := range []string{"first", "second"} {
				must(t, WriteOwn(base, "cache/license.json", []byte(content), 0o600))
				holds(t, filepath.Join(base, test.kept), content)
				if read, err := ReadOwn(base, "cache/license.json"); err != nil || string(read) != content {
					t.Errorf("read %q, %v", read, err)
				}
			}
			if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("the link was replaced: %v, %v", info, err)
			}
			must(t, RemoveOwn(base, "cache/license.json"))
			if _, err := os.Lstat(filepath.Join(base, test.kept)); !os.IsNotExist(err) {
				t.Errorf("the file was not removed: %v", err)
			}
		})
	}
}

func TestAVolumeBehindALinkIsTheFolderThatItLeadsTo(t *testing.T) {
	t.Parallel()
	base := linked(t, "cache", "%s/store")
	link := filepath.Join(t.TempDir(), "volume")
	must(t, os.Symlink(base, link))
	must(t, WriteOwn(link, "cache/license.json", []byte("document"), 0o600))
	holds(t, filepath.Join(base, "store/license.json"), "document")
}

func TestALinkThatLeadsOutOfTheVolumeIsNamedAndNotFollowed(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	theirs := filepath.Join(outside, "license.json")
	must(t, os.WriteFile(theirs, []byte("theirs"), 0o600))
	for _, test := range []struct{ name, link, target string }{
		{"the folder", "cache", outside},
		{"the folder, relative", "cache", "../.."},
		{"the file", "cache/license.json", theirs},
		{"a chain", "cache", "%s/store/out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base := linked(t, test.link, test.target)
			link, target := filepath.Join(base, test.link), test.target
			if test.name == "a chain" {
				link, target = filepath.Join(base, "store/out"), outside
				must(t, os.Symlink(target, link))
			}
			named := fmt.Sprintf(" is a link to %q, which is not in %s", strings.ReplaceAll(target, "%s", base), base)
			before := everything(t, base)
			_, readErr := ReadOwn(base, "cache/license.json")
			for what, err := range map[string]error{
				"read": readErr, "write": WriteOwn(base, "cache/license.json", []byte("document"), 0o600),
				"check": CanWrite(base, "cache/license.json"),
			} {
				if link == filepath.Join(base, "cache/license.json") {
					link = "it"
				}
				if err == nil || err.Error() != link+named {
					t.Errorf("%s: %v, want %s%s", what, err, link, named)
				}
			}
			holds(t, theirs, "theirs")
			if after := everything(t, base); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
		})
	}
}

func TestReadOwnReadsNoFileAboveTheVolume(t *testing.T) {
	t.Parallel()
	path := write(t, "license.json", "theirs")
	base := filepath.Join(filepath.Dir(path), "volume")
	must(t, os.Mkdir(base, 0o755))
	if content, err := ReadOwn(base, "../license.json"); err == nil {
		t.Errorf("read %q", content)
	}
}

func TestLinksInACircleAreAnError(t *testing.T) {
	t.Parallel()
	const circle = "too many levels of symbolic links"
	base := linked(t, "cache", "%s/store/back")
	must(t, os.Symlink("../cache", filepath.Join(base, "store/back")))
	_, err := ReadOwn(base, "cache/license.json")
	says(t, err, circle)
	says(t, WriteOwn(base, "cache/license.json", nil, 0o600), circle)
	says(t, CanWrite(base, "cache/license.json"), circle)
}

func FuzzLinks(f *testing.F) {
	f.Add("cache", "../store", "/x/../..")
	f.Add("a/b", "/../..//", "..")
	f.Fuzz(func(t *testing.T, name, first, second string) {
		outside := t.TempDir()
		base := filepath.Join(outside, "volume")
		must(t, os.MkdirAll(filepath.Join(base, "store"), 0o755))
		_ = os.Symlink(first, filepath.Join(base, "cache"))
		_ = os.Symlink(second, filepath.Join(base, "store", "link"))
		_ = WriteOwn(base, name, []byte("content"), 0o600)
		if left := names(t, outside); len(left) != 1 {
			t.Errorf("%q, %q, %q: outside are %q", name, first, second, left)
		}
	})
}
