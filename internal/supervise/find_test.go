package supervise

import (
	"os"
	"path/filepath"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// tree makes a directory with tools that can and cannot be executed the working directory, and
// returns what makes a name in it absolute.
func tree(t *testing.T) (in func(path string) string) {
	t.Helper()
	root := t.TempDir()
	t.Chdir(root)
	for _, dir := range []string{"empty", "dir/tool", "plain", "good", "later"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{
		"plain/tool": 0o644, "good/tool": 0o755, "later/tool": 0o755, "here": 0o755,
	} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	return func(path string) string { return filepath.Join(root, path) }
}

func TestFindSearchesLikeAShell(t *testing.T) {
	in := tree(t)
	cases := []struct {
		name, path string
		want       string
		code       int
	}{
		{"tool", in("good"), in("good/tool"), 0},
		{"tool", in("empty") + ":" + in("good") + ":" + in("later"), in("good/tool"), 0},
		{"tool", in("plain") + ":" + in("good"), in("good/tool"), 0},
		{"tool", in("dir") + ":" + in("good"), in("good/tool"), 0},
		{"tool", in("here") + ":" + in("good"), in("good/tool"), 0},
		{"tool", "good", "good/tool", 0},
		{"here", "/nowhere:", "./here", 0},
		{"here", "", "./here", 0},
		{"good/tool", "/nowhere", "good/tool", 0},
		{in("good/tool"), "", in("good/tool"), 0},

		{"tool", in("empty"), "", fault.ExitNotFound},
		{"tool", in("nowhere"), "", fault.ExitNotFound},
		{"", in("good"), "", fault.ExitNotFound},
		{in("empty/tool"), in("good"), "", fault.ExitNotFound},
		{"tool", in("plain") + ":" + in("empty"), "", fault.ExitNotExecutable},
		{"tool", in("dir"), "", fault.ExitNotExecutable},
		{in("plain/tool"), in("good"), "", fault.ExitNotExecutable},
		{in("dir/tool"), in("good"), "", fault.ExitNotExecutable},
	}
	for _, c := range cases {
		got, err := Find(c.name, []string{"HOME=/", "PATH=" + c.path, "PATH=/ignored"})
		code := 0
		if failure, ok := fault.Find(err); ok {
			code = failure.Row().Exit
		}
		if got != c.want || code != c.code {
			t.Errorf("Find(%q) with PATH=%s: %q, %v; want %q, code %d", c.name, c.path, got, err, c.want, c.code)
		}
	}
}

func TestFindWithoutPATHSearchesTheUsualPlaces(t *testing.T) {
	if got, err := Find("sh", nil); err != nil || filepath.Base(got) != "sh" {
		t.Errorf("%q, %v", got, err)
	}
}
