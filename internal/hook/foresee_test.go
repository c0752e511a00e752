package hook

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhatWillNotRunIsForeseenWithoutRunningAnything(t *testing.T) {
	root := tree(t, map[string]string{
		"boot.d/1-good.sh":       "#!/bin/sh\n: >$MARK\n",
		"boot.d/2-good.py":       "import os\nopen(os.environ['MARK'], 'w')\n",
		"boot.d/3-no-x.sh":       "",
		"boot.d/4-option.sh":     "#!/bin/sh -e\r\n",
		"boot.d/5-text.sh":       "echo\n",
		"boot.d/sub/6-folder.sh": "#!/opt/none\n",
		"boot.d/notes.txt":       "",
	})
	if err := os.Symlink("/nowhere", filepath.Join(root.Hooks(), "boot.d/7-dangling.py")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(root.Hooks(), "boot.d/8-pipe.py"), 0o600); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(t.TempDir(), "mark")
	r, _, _ := newPythonRunner(root)
	r.Env = append(r.Env, "MARK="+mark)
	count, flaws := r.Foresee(Boot)
	var got []string
	for _, flaw := range flaws {
		path, why, _ := strings.Cut(flaw, ": ")
		got = append(got, filepath.Base(path)+": "+why)
	}
	want := []string{
		"3-no-x.sh: it is not executable: chmod +x FILE; in a ConfigMap of Kubernetes, defaultMode: 0755",
		"4-option.sh: it has Windows line endings (CRLF); convert them to LF: sed -i 's/\\r$//' FILE",
		"5-text.sh: its first line does not begin with #!, as in #!/bin/sh",
		"7-dangling.py: no such file or directory: it is a link to \"/nowhere\", which does not exist here",
		"8-pipe.py: it is a named pipe, not a file with text",
		"6-folder.sh: its interpreter \"/opt/none\" does not exist in this image",
	}
	if count != 8 || !slices.Equal(got, want) {
		t.Errorf("%d scripts, %q", count, got)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a script has run")
	}

	// Without an interpreter, no .py script runs.
	r.Env = []string{"PATH=/nowhere"}
	r.interpreter = ""
	if _, flaws := r.Foresee(Boot); !strings.Contains(strings.Join(flaws, "\n"), "2-good.py: cannot find a Python") {
		t.Errorf("%q", flaws)
	}
	// Without PATH, it is where shells look then.
	r.Env, r.interpreter = nil, ""
	if _, flaws := r.Foresee(Boot); strings.Contains(strings.Join(flaws, "\n"), "2-good.py") {
		t.Errorf("%q", flaws)
	}
}
