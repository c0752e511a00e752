package hook

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/arguments"
	"localstack-entrypoint/internal/file"
)

// pythonRunner is the program that runs a .py script and writes which variables it has changed.
//
//go:embed runner.py
var pythonRunner string

// restored are the variables that a script cannot change for those after it, as in LocalStack's runner.
var restored = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_REGION",
}

// errNothingHandedOver is the failure of a .py script that ended with exit code 0, but without writing its changes.
var errNothingHandedOver = errors.New("it ended by os._exit or exec, or has closed descriptor 3: " +
	"the variables that it has set are lost; let it end with sys.exit or its last line")

// longestPath is the kernel's PATH_MAX: the room that the arguments of the next script may need.
const longestPath = 4 << 10

// prepare returns the command of a script, and for a .py script the file to which it writes the variables that it
// changes.
func (r *Runner) prepare(path string) (argv []string, changes *os.File, err error) {
	if filepath.Ext(path) != ".py" {
		return []string{path}, nil, nil
	}
	if err := file.Readable(path); err != nil {
		return nil, nil, err
	}
	python, err := r.python()
	if err != nil {
		return nil, nil, err
	}
	changes, err = newChanges()
	return []string{python, "-c", "import os; exec(os.read(3, 9999))", path}, changes, err
}

// newChanges makes the file from which the interpreter reads pythonRunner, and to which that writes the changes. It is
// not a pipe: a pipe must be read meanwhile, and processes that the script leaves running could hold it open.
func newChanges() (*os.File, error) {
	descriptor, err := unix.MemfdCreate("hook", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create a file in memory: %w", err)
	}
	f := os.NewFile(uintptr(descriptor), "hook")
	if _, err := f.WriteAt([]byte(pythonRunner), 0); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("cannot write to a file in memory: %w", err)
	}
	return f, nil
}

// take applies the changes of a script to the environment of the scripts after it. err is the script's own failure. A
// script without one has failed, too, if it has written no changes, or changes with which no other script could run.
func (r *Runner) take(changes *os.File, err error) error {
	content, readErr := io.ReadAll(io.NewSectionReader(changes, 0, math.MaxInt64))
	entries, whole := parseChanges(content)
	if readErr != nil || !whole {
		return cmp.Or(err, readErr, errNothingHandedOver)
	}
	env := merge(r.Env, entries)
	if len(entries) > 0 && !arguments.Takes(env, longestPath) {
		why := errors.New("the variables that it has set are lost: " + arguments.Explain(nil, env))
		if err != nil {
			why = fmt.Errorf("%w, and %w", err, why)
		}
		return why
	}
	r.Env = env
	return err
}

// parseChanges reads what pythonRunner writes. whole is false if the script was killed before the end of it.
func parseChanges(content []byte) (entries []string, whole bool) {
	const last = "\x00"
	text, whole := strings.CutSuffix(string(content), last)
	if text == "" || !whole {
		return nil, whole
	}
	if text, whole = strings.CutSuffix(text, last); !whole {
		return nil, false
	}
	return strings.Split(text, last), true
}

// merge returns an environment with changes: NAME=VALUE sets a variable, NAME removes it.
func merge(env, changes []string) []string {
	changed := map[string]bool{}
	var set []string
	for _, change := range changes {
		name, _, isSet := strings.Cut(change, "=")
		if slices.Contains(restored, name) {
			continue
		}
		changed[name] = true
		if isSet {
			set = append(set, change)
		}
	}
	kept := slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return changed[name]
	})
	return append(kept, set...)
}

// python is the path of the interpreter for .py scripts. The emulator's own comes first: scripts may import its
// modules. Then comes that of the script before, because a script may have changed PATH.
func (r *Runner) python() (string, error) {
	candidates := []string{r.Root.Python(), r.interpreter}
	for _, name := range []string{"python3", "python"} {
		for _, dir := range filepath.SplitList(r.searchPath()) {
			candidates = append(candidates, filepath.Join(dir, name))
		}
	}
	for _, candidate := range candidates {
		if !filepath.IsAbs(candidate) {
			continue // LookPath would search our own PATH for it
		}
		if path, err := exec.LookPath(candidate); err == nil {
			r.interpreter = path
			return path, nil
		}
	}
	return "", errors.New("cannot find a Python interpreter: neither the emulator's own nor python3 or python on PATH")
}
