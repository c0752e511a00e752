package home

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

// fixture is a home directory that cannot be used, with one place for another. Root may write everywhere, so
// the directory is a file.
func fixture(t *testing.T) (h Home, place string) {
	t.Helper()
	dir := t.TempDir()
	testkit.Put(t, dir, "file", "")
	place = filepath.Join(dir, "tmp")
	if err := os.Mkdir(place, 0o777); err != nil {
		t.Fatal(err)
	}
	return Home{Value: filepath.Join(dir, "file"), IsSet: true, Places: []string{filepath.Join(dir, "none"), place}}, place
}

func TestAHomeDirectoryThatWorksIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	uid := strconv.Itoa(os.Geteuid())
	testkit.Put(t, dir, "passwd", "root:x:99999:0::/nowhere:/bin/sh\nme:x:"+uid+":0:a,b:"+dir+":/bin/sh\n")
	for name, h := range map[string]Home{
		"set":               {Value: dir, IsSet: true},
		"of the user":       {Users: filepath.Join(dir, "passwd")},
		"behind a link":     {Value: link(t, dir), IsSet: true},
		"with a slash":      {Value: dir + "/", IsSet: true},
		"the root, by root": {Value: "", IsSet: os.Geteuid() == 0, Users: filepath.Join(dir, "passwd")},
	} {
		if err := h.Check(); err != nil {
			t.Errorf("%s: %s", name, h.Unusable(err))
		}
	}
}

func link(t *testing.T, to string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsWrongWithAHomeDirectoryIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	uid := strconv.Itoa(os.Geteuid())
	testkit.Put(t, dir, "file", "")
	testkit.Put(t, dir, "passwd", "me:x:"+uid+":0::"+dir+"/file:/bin/sh\n")
	testkit.Put(t, dir, "others", "me:x:12345:0::/tmp:/bin/sh\n\nme:x:"+uid+"\n")
	const noDirectory, nothing = " cannot be written (not a directory)", " cannot be written (no such file or directory)"
	for name, test := range map[string]struct {
		Home
		want string
	}{
		"a file":        {Home{Value: dir + "/file", IsSet: true}, "HOME=" + dir + "/file" + noDirectory},
		"nothing":       {Home{Value: dir + "/x/y", IsSet: true}, "HOME=" + dir + "/x/y" + nothing},
		"a broken link": {Home{Value: link(t, dir+"/x"), IsSet: true}, nothing},
		"the user's": {Home{Users: dir + "/passwd"},
			"HOME is not set, and the home directory " + dir + "/file of user " + uid + noDirectory},
		"no user":  {Home{Users: dir + "/others"}, "HOME is not set, and user " + uid + " has no home directory"},
		"no users": {Home{Users: dir + "/nothing"}, "HOME is not set, and user " + uid + " has no home directory"},
	} {
		err := test.Check()
		if err == nil || !strings.HasSuffix(test.Unusable(err), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestAPrivateHomeDirectoryIsMadeInTheFirstPlaceThatWorks(t *testing.T) {
	t.Parallel()
	h, place := fixture(t)
	planned, err := h.Planned()
	path, failure := h.Make()
	if want := filepath.Join(place, name()); path != want || planned != want || err != nil || failure != nil {
		t.Fatalf("planned %s, %v; made %s, %v", planned, err, path, failure)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeDir|private {
		t.Errorf("%v, %v", info, err)
	}
	if again, err := h.Make(); again != path || err != nil {
		t.Errorf("the next start gets %s, %v", again, err)
	}
}

// TestADirectoryThatIsNotPrivateIsNotUsed: others may write in /tmp.
func TestADirectoryThatIsNotPrivateIsNotUsed(t *testing.T) {
	t.Parallel()
	mkdir := func(change func(path string) error) func(path string) error {
		return func(path string) error { return errors.Join(os.Mkdir(path, private), change(path)) }
	}
	for what, prepare := range map[string]func(path string) error{
		"a link":               func(path string) error { return os.Symlink(t.TempDir(), path) },
		"a dangling link":      func(path string) error { return os.Symlink("/nowhere/else", path) },
		"a file":               func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"open to others":       mkdir(func(path string) error { return os.Chmod(path, 0o755) }),
		"without a permission": mkdir(func(path string) error { return os.Chmod(path, 0o500) }),
		"somebody else's":      mkdir(chownAsRoot),
	} {
		h, place := fixture(t)
		foreign := filepath.Join(place, name())
		if err := prepare(foreign); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		path, err := h.Make()
		if err != nil || filepath.Dir(path) != place || path == foreign || !isOwn(path) {
			t.Errorf("%s: %s, %v", what, path, err)
		}
	}
}

// chownAsRoot gives the directory to another user. Only root can do that; for others it becomes a file.
func chownAsRoot(path string) error {
	if os.Geteuid() == 0 {
		return os.Chown(path, 12345, 0)
	}
	return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
}

func TestTheNewHomeDirectoryHasTheFilesThatProgramsRead(t *testing.T) {
	t.Parallel()
	old := t.TempDir()
	for _, name := range []string{".aws/config", ".localstack/default.env", ".cache/pip/file", "notes", ".netrc"} {
		testkit.Put(t, old, name, name)
	}
	path := t.TempDir()
	for range 2 {
		Home{Value: old, IsSet: true}.link(path)
	}
	for name, want := range map[string]bool{
		".aws/config": true, ".localstack/default.env": true, ".netrc": true, ".cache": false, "notes": false,
	} {
		if _, err := os.Stat(filepath.Join(path, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARelativeHomeDirectoryIsLinkedAsAnAbsoluteOne(t *testing.T) {
	t.Chdir(t.TempDir())
	testkit.Put(t, ".", "old/.netrc", "content")
	path := t.TempDir()
	Home{Value: "old", IsSet: true}.link(path)
	if content, err := os.ReadFile(filepath.Join(path, ".netrc")); err != nil || string(content) != "content" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestADirectoryThatIsOnlyMissingIsMade(t *testing.T) {
	t.Parallel()
	h, _ := fixture(t)
	h.Value = filepath.Join(t.TempDir(), "me")
	planned, err := h.Planned()
	if err != nil || planned != h.Value {
		t.Errorf("planned %s, %v", planned, err)
	}
	if _, err := os.Stat(h.Value); err == nil {
		t.Error("planning has made it")
	}
	path, err := h.Make()
	info, statErr := os.Stat(path)
	if err != nil || path != h.Value || statErr != nil || info.Mode() != os.ModeDir|private {
		t.Errorf("%s, %v, %v", path, err, statErr)
	}
}

func TestWithoutAPlaceThereIsNone(t *testing.T) {
	t.Parallel()
	h, place := fixture(t)
	h.Places = []string{h.Value, filepath.Join(place, "none")}
	for what, make := range map[string]func() (string, error){
		"plan": h.Planned, "make": h.Make, "elsewhere": h.MakeElsewhere,
	} {
		path, err := make()
		want := h.Value + ": not a directory\n" + place + "/none: no such file or directory"
		if path != "" || err == nil || err.Error() != want {
			t.Errorf("%s: %q, %v; want %s", what, path, err, want)
		}
	}
}

// FuzzUsers: whatever is in the file of users, there is an answer.
func FuzzUsers(f *testing.F) {
	f.Add("root:x:0:0:root:/root:/bin/sh\n")
	f.Add(":::::::")
	f.Fuzz(func(t *testing.T, users string) {
		dir := t.TempDir()
		testkit.Put(t, dir, "passwd", users)
		if home := (Home{Users: dir + "/passwd"}).dir(); !strings.Contains(users, home) {
			t.Errorf("%q is not in %q", home, users)
		}
	})
}
