package hook

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/layout"
)

// tree makes files (executable, unless the content is empty) in the folder of hooks below a new root,
// those with an absolute path below the root itself.
func tree(t *testing.T, files map[string]string) (root layout.Root) {
	t.Helper()
	root = layout.Root(t.TempDir())
	for name, content := range files {
		path := filepath.Join(root.Hooks(), name)
		if filepath.IsAbs(name) {
			path = filepath.Join(string(root), name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o755)
		if content == "" {
			mode = 0o644
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func names(t *testing.T, root layout.Root, scripts []Script) (names []string) {
	t.Helper()
	for _, s := range scripts {
		name, err := filepath.Rel(root.Hooks(), s.Path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestFindListsFilesBeforeSubFoldersDepthFirst(t *testing.T) {
	root := tree(t, map[string]string{
		"ready.d/z.sh":       "x",
		"ready.d/a.py":       "x",
		"ready.d/b/2.sh":     "x",
		"ready.d/b/1.sh":     "x",
		"ready.d/b/c/0.sh":   "x",
		"ready.d/a-dir/9.sh": "x",
		"ready.d/readme.md":  "x",
		"ready.d/main.tf":    "x",
		"start.d/other.sh":   "x",
	})
	scripts, err := Find(root, Ready)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ready.d/a.py", "ready.d/z.sh",
		"ready.d/a-dir/9.sh",
		"ready.d/b/1.sh", "ready.d/b/2.sh",
		"ready.d/b/c/0.sh",
	}
	if got := names(t, root, scripts); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	for _, s := range scripts {
		if s.State != Unknown || s.Stage != Ready {
			t.Errorf("%+v: want UNKNOWN and READY", s)
		}
	}
}

func TestFindTakesLinkedFilesOnceAndFollowsNoLinkedFolders(t *testing.T) {
	// What kubelet makes of a ConfigMap holding init.sh.
	root := tree(t, map[string]string{
		"ready.d/..2026_01_31_12_00_00.1/init.sh": "x",
		"elsewhere/hidden.sh":                     "x",
	})
	for link, target := range map[string]string{
		"ready.d/..data":   "..2026_01_31_12_00_00.1",
		"ready.d/init.sh":  "..data/init.sh",
		"ready.d/linked":   "../elsewhere",
		"ready.d/dir.sh":   "../elsewhere",
		"ready.d/none.sh":  "../nowhere",
		"ready.d/none.txt": "../nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(root.Hooks(), link)); err != nil {
			t.Fatal(err)
		}
	}
	scripts, err := Find(root, Ready)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ready.d/init.sh", "ready.d/none.sh"}
	if got := names(t, root, scripts); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFindWithoutFolderFindsNothing(t *testing.T) {
	scripts, err := Find(layout.Root(t.TempDir()), Boot)
	if len(scripts) != 0 || err != nil {
		t.Errorf("got %v, %v", scripts, err)
	}
}

func TestFindReportsAFileInPlaceOfAFolder(t *testing.T) {
	root := tree(t, map[string]string{"boot.d": "x"})
	if _, err := Find(root, Boot); err == nil {
		t.Error("want an error")
	}
}

func TestFindReportsALinkInPlaceOfAFolderThatLeadsNowhere(t *testing.T) {
	for _, target := range []string{"/nowhere", "boot.d"} {
		root := tree(t, map[string]string{"start.d/1.sh": "x"})
		if err := os.Symlink(target, filepath.Join(root.Hooks(), "boot.d")); err != nil {
			t.Fatal(err)
		}
		if scripts, err := Find(root, Boot); err == nil || !strings.Contains(err.Error(), "link") {
			t.Errorf("%s: %v, %v", target, scripts, err)
		}
	}
}
