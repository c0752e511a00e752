package cabundle

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/testkit"
)

// places are a volume's cache and another folder, and their paths.
func places(t *testing.T) (all []Place, cache, other string) {
	t.Helper()
	volume := t.TempDir()
	cache, other = filepath.Join(volume, "cache"), t.TempDir()
	disk := file.NewVolume(volume, file.DiskTimeout)
	return Places(disk, "cache", "", "relative", "/tmp/localstack/x", other), cache, other
}

func TestOneContentIsOneFile(t *testing.T) {
	t.Parallel()
	all, cache, _ := places(t)
	first, err := Save([]byte("one"), all)
	if err != nil || filepath.Dir(first) != cache {
		t.Fatal(first, err)
	}
	long := time.Now().Add(-20 * time.Hour)
	if err := os.Chtimes(first, long, long); err != nil {
		t.Fatal(err)
	}
	again, err := Save([]byte("one"), all)
	if err != nil || again != first {
		t.Errorf("%s instead of %s, %v", again, first, err)
	}
	info, err := os.Stat(first)
	if err != nil || info.Mode() != 0o644 || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("%v, %v", info, err)
	}
	if other, err := Save([]byte("two"), all); err != nil || other == first {
		t.Errorf("%s, %v", other, err)
	}
	if entries, _ := os.ReadDir(cache); len(entries) != 2 {
		t.Errorf("%v", entries)
	}
}

func TestAFileThatIsNotOursIsReplaced(t *testing.T) {
	t.Parallel()
	all, cache, _ := places(t)
	path := filepath.Join(cache, nameOf([]byte("one")))
	victim := filepath.Join(t.TempDir(), "victim")
	for name, put := range map[string]func() error{
		"another content": func() error { return os.WriteFile(path, []byte("evil"), 0o600) },
		"half of it":      func() error { return os.WriteFile(path, []byte("on"), 0o644) },
		"a link":          func() error { return os.Symlink(victim, path) },
		"open to others": func() error {
			return errors.Join(os.WriteFile(path, []byte("one"), 0o644), os.Chmod(path, 0o666))
		},
		"somebody else's": func() error { return errors.Join(os.WriteFile(path, []byte("one"), 0o644), giveAway(path)) },
	} {
		_ = os.Remove(path)
		if err := os.MkdirAll(cache, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := put(); err != nil {
			t.Fatal(err)
		}
		got, err := Save([]byte("one"), all)
		content, _ := os.ReadFile(path)
		info, _ := os.Lstat(path)
		if err != nil || got != path || string(content) != "one" || info.Mode() != 0o644 || !isSafe(info) {
			t.Errorf("%s: %s, %v, %q, %s", name, got, err, content, info.Mode())
		}
	}
	if _, err := os.Stat(victim); err == nil {
		t.Error("a link was followed")
	}
}

// giveAway gives a file to another user, which only root can.
func giveAway(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(path, 12345, 12345)
}

func TestTheNextPlaceStandsInForTheVolume(t *testing.T) {
	t.Parallel()
	all, cache, other := places(t)
	testkit.Put(t, filepath.Dir(cache), "cache", "not a folder")
	path, err := Save([]byte("one"), all)
	if err != nil || filepath.Dir(path) != other {
		t.Errorf("%s, %v", path, err)
	}
	if _, err := Save([]byte("one"), all[:1]); err == nil {
		t.Error("it was saved nowhere")
	}
}

// A file that nobody uses goes after a day; one that is used at each start and with each renewal does not.
func TestOldFilesAreRemoved(t *testing.T) {
	t.Parallel()
	all, cache, _ := places(t)
	used, err := Save([]byte("used"), all)
	if err != nil {
		t.Fatal(err)
	}
	aged := func(name string) string {
		testkit.Put(t, cache, name, "x")
		path, old := filepath.Join(cache, name), time.Now().Add(-25*time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		return path
	}
	unused, foreign := aged(nameOf([]byte("x"))), aged("license.json")
	old := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(used, old, old); err != nil {
		t.Fatal(err)
	}
	Refresh([][]byte{[]byte("used"), []byte("never saved")}, all)
	for path, stays := range map[string]bool{used: true, unused: false, foreign: true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v", path, err)
		}
	}
	if entries, _ := os.ReadDir(cache); len(entries) != 2 {
		t.Errorf("%v", entries)
	}
}

func TestWhatTheRuntimeEmptiesIsNoPlace(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]bool{
		"/tmp/localstack": true, "/tmp/localstack/": true, "/tmp/localstack/x": true, "/tmp/./localstack": true,
		"/tmp": false, "/tmp/localstack2": false, "/run": false,
	} {
		if isWiped(folder) != want {
			t.Errorf("%s: %t", folder, !want)
		}
	}
}
