package hook

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/layout"
)

// The tests of this file run one at a time: a fork of a neighbor could hold
// a script open for writing, and the kernel refuses to run it then.

// recorder collects what a Runner reports, one line per change of state.
type recorder struct{ lines []string }

func (r *recorder) report(s Script, err error) {
	line := filepath.Base(s.Path) + " " + string(s.State)
	if err != nil {
		line += ": " + err.Error()
	}
	r.lines = append(r.lines, line)
}

func newRunner(root layout.Root) (*Runner, *recorder, *bytes.Buffer) {
	var rec recorder
	var out bytes.Buffer
	return &Runner{
		Root: root, Env: []string{"PATH=" + os.Getenv("PATH")},
		Stdout: &out, Stderr: &out, Report: rec.report,
	}, &rec, &out
}

func states(scripts []Script) (states []string) {
	for _, s := range scripts {
		states = append(states, filepath.Base(s.Path)+" "+string(s.State))
	}
	return states
}

func TestFailingScriptsAreReportedAndTheNextOneStillRuns(t *testing.T) {
	root := tree(t, map[string]string{
		"boot.d/1-ok.sh":           "#!/bin/sh\necho one\n",
		"boot.d/2-exit.sh":         "#!/bin/sh\nexit 3\n",
		"boot.d/3-no-exec-bit.sh":  "",
		"boot.d/4-no-shebang.sh":   "echo never\n",
		"boot.d/5-no-interp.sh":    "#!/no/such/shell\n",
		"boot.d/6-killed.sh":       "#!/bin/sh\nkill -9 $$\n",
		"boot.d/7/deep.sh":         "#!/bin/sh\necho two >&2\n",
		"boot.d/8/still-here.sh":   "#!/bin/sh\necho three\n",
		"boot.d/ignored.sh.backup": "#!/bin/sh\nexit 1\n",
	})
	r, rec, out := newRunner(root)
	scripts := r.Run(t.Context(), Boot)

	want := []string{
		"1-ok.sh RUNNING", "1-ok.sh SUCCESSFUL",
		"2-exit.sh RUNNING", "2-exit.sh ERROR: exit status 3",
		"3-no-exec-bit.sh RUNNING", "3-no-exec-bit.sh ERROR: permission denied: it is not executable: chmod +x FILE; " +
			"in a ConfigMap of Kubernetes, defaultMode: 0755",
		"4-no-shebang.sh RUNNING",
		"4-no-shebang.sh ERROR: exec format error: its first line does not begin with #!, as in #!/bin/sh",
		"5-no-interp.sh RUNNING", "5-no-interp.sh ERROR: no such file or directory: " +
			`its interpreter "/no/such/shell" does not exist in this image`,
		"6-killed.sh RUNNING", "6-killed.sh ERROR: signal: killed",
		"deep.sh RUNNING", "deep.sh SUCCESSFUL",
		"still-here.sh RUNNING", "still-here.sh SUCCESSFUL",
	}
	if !slices.Equal(rec.lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rec.lines, "\n"), strings.Join(want, "\n"))
	}
	if got := states(scripts); got[1] != "2-exit.sh ERROR" || got[7] != "still-here.sh SUCCESSFUL" {
		t.Errorf("states: %q", got)
	}
	if out.String() != "one\ntwo\nthree\n" {
		t.Errorf("output %q", out)
	}
}

func TestScriptsSeeOnlyTheGivenEnvironment(t *testing.T) {
	t.Setenv("OURS", "secret")
	root := tree(t, map[string]string{"start.d/env.sh": "#!/bin/sh\necho \"${THEIRS-unset} ${OURS-unset}\"\n"})
	r, _, out := newRunner(root)
	r.Env = append(r.Env, "THEIRS=a b")
	r.Run(t.Context(), Start)
	if out.String() != "a b unset\n" {
		t.Errorf("output %q", out)
	}
}

func TestPythonScriptsRunWithTheEmulatorsInterpreter(t *testing.T) {
	root := tree(t, map[string]string{
		"ready.d/a.py":                          "",
		"/opt/code/localstack/.venv/bin/python": "#!/bin/sh\necho \"own ${3##*/}\"\n",
	})
	r, _, out := newRunner(root)
	r.Run(t.Context(), Ready)
	if out.String() != "own a.py\n" {
		t.Errorf("output %q", out)
	}
}

func TestPythonIsLookedForOnThePathOfTheScripts(t *testing.T) {
	tests := []struct {
		name, path, want string
	}{
		{"python3 before python", "old:new", "python3 a.py\n"},
		{"python alone", "old", "python a.py\n"},
		{"none", "empty", ""},
		{"relative folders do not count", "", ""},
	}
	root := tree(t, map[string]string{
		"ready.d/a.py": "",
		"old/python":   "#!/bin/sh\necho python ${3##*/}\n",
		"new/python3":  "#!/bin/sh\necho python3 ${3##*/}\n",
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, rec, out := newRunner(root)
			var dirs []string
			for dir := range strings.SplitSeq(tt.path, ":") {
				if dir != "" {
					dir = filepath.Join(root.Hooks(), dir)
				}
				dirs = append(dirs, dir)
			}
			r.Env = []string{"PATH=/ignored", "PATH=" + strings.Join(dirs, ":")}
			scripts := r.Run(t.Context(), Ready)
			if out.String() != tt.want {
				t.Errorf("output %q, want %q", out, tt.want)
			}
			isMissed := scripts[0].State == Failed && strings.Contains(rec.lines[1], "cannot find a Python interpreter")
			if tt.want == "" && !isMissed {
				t.Errorf("got %q", rec.lines)
			}
		})
	}
}

func TestRealPythonRunsAScript(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 here")
	}
	root := tree(t, map[string]string{
		"ready.d/a.py": "import sys; print('hello'); sys.exit(4)\n",
	})
	r, rec, out := newRunner(root)
	r.Env = os.Environ()
	r.Run(t.Context(), Ready)
	if out.String() != "hello\n" || rec.lines[1] != "a.py ERROR: exit status 4" {
		t.Errorf("output %q, reported %q", out, rec.lines)
	}
}

// runUntil runs the stage, cancels it as soon as a script has printed a line,
// and returns the final states.
func runUntilOutput(t *testing.T, r *Runner) []Script {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	defer in.Close()
	r.Stdout, r.Stderr = in, in
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		io.ReadFull(out, make([]byte, 1))
		cancel()
	}()
	return r.Run(ctx, Start)
}

func TestCancelStopsTheRunningScriptAndTheStage(t *testing.T) {
	root := tree(t, map[string]string{
		"start.d/1.sh": "#!/bin/sh\ntrap 'echo done > $MARK; exit 0' TERM\necho up\nwhile :; do read x </dev/null; done\n",
		"start.d/2.sh": "#!/bin/sh\nexit 0\n",
	})
	r, rec, _ := newRunner(root)
	mark := filepath.Join(root.Hooks(), "mark")
	r.Env = append(r.Env, "MARK="+mark)
	got := states(runUntilOutput(t, r))
	if want := []string{"1.sh ERROR", "2.sh UNKNOWN"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Errorf("the script could not clean up: %v", err)
	}
	if last := rec.lines[len(rec.lines)-1]; !strings.HasPrefix(last, "1.sh ERROR: interrupted") {
		t.Errorf("reported %q", last)
	}
}

func TestAScriptThatIgnoresSIGTERMIsKilledAfterTheGrace(t *testing.T) {
	root := tree(t, map[string]string{
		"start.d/stubborn.sh": "#!/bin/sh\ntrap '' TERM\necho up\nwhile :; do read x </dev/null; done\n",
	})
	r, rec, _ := newRunner(root)
	r.grace = 20 * time.Millisecond
	runUntilOutput(t, r)
	if want := "stubborn.sh ERROR: interrupted: signal: killed"; rec.lines[1] != want {
		t.Errorf("got %q, want %q", rec.lines[1], want)
	}
}

func TestACancelledStageRunsNothing(t *testing.T) {
	root := tree(t, map[string]string{"start.d/1.sh": "#!/bin/sh\necho up\n"})
	r, rec, out := newRunner(root)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := states(r.Run(ctx, Start)); !slices.Equal(got, []string{"1.sh UNKNOWN"}) {
		t.Errorf("got %q", got)
	}
	if len(rec.lines) != 0 || out.Len() != 0 {
		t.Errorf("reported %q, output %q", rec.lines, out)
	}
}

// A script that leaves a process behind, holding its output open, is over when
// it has exited itself: with an inherited file at once, with a pipe of ours
// after the grace.
func TestABackgroundProcessDoesNotHoldUpTheStage(t *testing.T) {
	root := tree(t, map[string]string{"start.d/bg.sh": "#!/bin/sh\nsleep 60 &\necho $! > $PID\n"})
	pid := filepath.Join(root.Hooks(), "pid")
	t.Cleanup(func() { exec.Command("sh", "-c", "kill $(cat "+pid+")").Run() })
	for _, name := range []string{"inherited", "copied"} {
		t.Run(name, func(t *testing.T) {
			r, _, _ := newRunner(root)
			r.Env = append(r.Env, "PID="+pid)
			r.grace = 10 * time.Millisecond
			if name == "inherited" {
				r.Stdout, r.Stderr, r.grace = os.Stdout, os.Stderr, time.Hour
			}
			if got := states(r.Run(t.Context(), Start)); got[0] != "bg.sh SUCCESSFUL" {
				t.Errorf("got %q", got)
			}
			exec.Command("sh", "-c", "kill $(cat "+pid+")").Run()
		})
	}
}

func TestAnUnreadableFolderIsReportedAndTheOthersRun(t *testing.T) {
	if os.Getuid() == 0 {
		// root may read everything; a file in the folder's place fails for all.
		root := tree(t, map[string]string{"ready.d": "x"})
		r, rec, _ := newRunner(root)
		got := r.Run(t.Context(), Ready)
		if said := strings.Join(rec.lines, "\n"); len(got) != 0 || !strings.HasPrefix(said, "ready.d ERROR: ") {
			t.Errorf("got %v, reported %q", got, rec.lines)
		}
		return
	}
	root := tree(t, map[string]string{"ready.d/locked/1.sh": "x", "ready.d/open/2.sh": "#!/bin/sh\n"})
	locked := filepath.Join(root.Hooks(), "ready.d/locked")
	os.Chmod(locked, 0)
	t.Cleanup(func() { os.Chmod(locked, 0o755) })
	r, rec, _ := newRunner(root)
	if got := states(r.Run(t.Context(), Ready)); !slices.Equal(got, []string{"2.sh SUCCESSFUL"}) {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(rec.lines[0], "locked") {
		t.Errorf("reported %q", rec.lines)
	}
}

func TestAVariableThatIsTooLargeForTheKernelIsNamed(t *testing.T) {
	root := tree(t, map[string]string{"boot.d/1.sh": "#!/bin/sh\n"})
	r, rec, _ := newRunner(root)
	r.Env = []string{"LARGE=" + strings.Repeat("x", 200_000)}
	r.Run(t.Context(), Boot)
	last := rec.lines[len(rec.lines)-1]
	if !strings.HasPrefix(last, "1.sh ERROR: argument list too long: the environment has 196 KiB in 1 variables") ||
		!strings.HasSuffix(last, `the largest one is "LARGE" with 196 KiB`) {
		t.Errorf("%.300q", last)
	}
}
