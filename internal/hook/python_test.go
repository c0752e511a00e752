package hook

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/layout"
)

// newPythonRunner runs scripts with the system's Python, not a wrapper that needs variables of its own.
func newPythonRunner(root layout.Root) (*Runner, *recorder, *bytes.Buffer) {
	r, rec, out := newRunner(root)
	r.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin"}
	return r, rec, out
}

func TestVariablesThatAPythonScriptChangesAreThoseOfTheScriptsAfterIt(t *testing.T) {
	show := "#!/bin/sh\nprintf '%s|%s|%s\\n' \"${GIVEN-gone}\" \"${NEW-none}\" \"${AWS_REGION-none}\"\n"
	for name, tt := range map[string]struct{ script, want, reason string }{
		"set":                {"os.environ['NEW'] = '1'", "given|1|eu\n", ""},
		"changed":            {"os.environ['GIVEN'] = 'a=b'", "a=b|none|eu\n", ""},
		"emptied":            {"os.environ['GIVEN'] = ''", "|none|eu\n", ""},
		"removed":            {"del os.environ['GIVEN']", "gone|none|eu\n", ""},
		"all of them":        {"os.environ.clear()", "gone|none|eu\n", ""},
		"nothing":            {"", "given|none|eu\n", ""},
		"lines":              {"os.environ['NEW'] = '1\\n2\\r\\nGIVEN=3'", "given|1\n2\r\nGIVEN=3|eu\n", ""},
		"no UTF-8":           {"os.environb[b'NEW'] = b'\\xff\\xfe'", "given|\xff\xfe|eu\n", ""},
		"escaped":            {"os.environ['NEW'] = '\\udcff'", "given|\xff|eu\n", ""},
		"restored":           {"os.environ['AWS_REGION'] = 'us'; os.environ['NEW'] = '1'", "given|1|eu\n", ""},
		"restored if gone":   {"del os.environ['AWS_REGION']", "given|none|eu\n", ""},
		"before sys.exit":    {"os.environ['NEW'] = '1'; sys.exit(3)", "given|1|eu\n", "exit status 3"},
		"before sys.exit(0)": {"os.environ['NEW'] = '1'; sys.exit()", "given|1|eu\n", ""},
		"before a failure":   {"os.environ['NEW'] = '1'; 1 / 0", "given|1|eu\n", "exit status 1"},
		"at the exit": {"import atexit; atexit.register(lambda: os.environ.update(NEW='1'))",
			"given|1|eu\n", ""},
		"by a thread": {"import threading as t; t.Timer(0.1, lambda: os.environ.update(NEW='1')).start()",
			"given|1|eu\n", ""},
		"by a copy": {"os.environ['NEW'] = '1'\nif os.fork() == 0: os.environ['NEW'] = '2'; sys.exit()\nos.wait()",
			"given|1|eu\n", ""},
		"os._exit":         {"os.environ['NEW'] = '1'; os._exit(3)", "given|none|eu\n", "exit status 3"},
		"os._exit(0)":      {"os.environ['NEW'] = '1'; os._exit(0)", "given|none|eu\n", errNothingHandedOver.Error()},
		"a signal":         {"os.environ['NEW'] = '1'; os.kill(os.getpid(), 9)", "given|none|eu\n", "signal: killed"},
		"a closed file":    {"os.environ['NEW'] = '1'; os.close(3)", "given|none|eu\n", errNothingHandedOver.Error()},
		"another file":     {"os.environ['NEW'] = '1'; os.dup2(1, 3)", "given|none|eu\n", errNothingHandedOver.Error()},
		"a syntax error":   {"os.environ['NEW'] = ", "given|none|eu\n", "exit status 1"},
		"PATH":             {"os.environ['PATH'] = '/nowhere'", "given|none|eu\n", ""},
		"more than a pipe": {"os.environ.update({'V%d' % i: 'x' * 99999 for i in range(9)}, NEW='1')", "given|1|eu\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, map[string]string{
				"boot.d/1.py": "import os, sys\n" + tt.script + "\n",
				"boot.d/2.sh": show,
				"boot.d/3.py": "import os\nos.write(1, b'|'.join(os.environb.get(n, d) for n, d in" +
					" ((b'GIVEN', b'gone'), (b'NEW', b'none'), (b'AWS_REGION', b'none'))) + b'\\n')\n",
			})
			r, rec, out := newPythonRunner(root)
			r.Env = append(r.Env, "GIVEN=given", "AWS_REGION=eu", "PYTHONUTF8=1")
			given := slices.Clone(r.Env)
			before := r.Env
			r.Run(t.Context(), Boot)
			if got := out.String(); !strings.HasSuffix(got, tt.want+tt.want) {
				t.Errorf("got %q, want %q twice; %q", got, tt.want, rec.lines)
			}
			want := "1.py SUCCESSFUL"
			if tt.reason != "" {
				want = "1.py ERROR: " + tt.reason
			}
			if rec.lines[1] != want {
				t.Errorf("reported %q, want %q", rec.lines[1], want)
			}
			if !slices.Equal(before, given) {
				t.Errorf("the caller's environment became %q", before)
			}
		})
	}
}

func TestVariablesLastForTheStagesAfterwards(t *testing.T) {
	root := tree(t, map[string]string{
		"start.d/1.py": "import os\nos.environ['NEW'] = '1'\n",
		"ready.d/1.sh": "#!/bin/sh\necho $NEW\n",
	})
	r, _, out := newPythonRunner(root)
	r.Run(t.Context(), Start)
	r.Run(t.Context(), Ready)
	if out.String() != "1\n" {
		t.Errorf("output %q", out)
	}
}

func TestAPythonScriptRunsAsTheProgramOfItsInterpreter(t *testing.T) {
	root := tree(t, map[string]string{
		// These names are those of modules that others import.
		"boot.d/token.py": "import tokenize\nprint(__name__, sorted(n for n in dir() if n[0] != '_'))\n",
		"boot.d/types.py": "import sys\nprint(sys.argv == [__file__], __file__.endswith('/types.py'))\n",
		"boot.d/x.py":     "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))).__name__)\n",
		"boot.d/y.py":     "\ndef deep(): raise ValueError('why')\ndeep()\n",
	})
	r, _, out := newPythonRunner(root)
	r.Run(t.Context(), Boot)
	said := strings.ReplaceAll(out.String(), root.Hooks(), "")
	said = strings.ReplaceAll(said, "             ^^^^\n", "") // from Python 3.13 on
	want := `__main__ ['tokenize']
True True
C
Traceback (most recent call last):
  File "/boot.d/y.py", line 3, in <module>
    deep()
  File "/boot.d/y.py", line 2, in deep
    def deep(): raise ValueError('why')
                ^^^^^^^^^^^^^^^^^^^^^^^
ValueError: why
`
	if strings.ReplaceAll(said, "    deep()\n    ~~~~^^\n", "    deep()\n") != want {
		t.Errorf("got %s", said)
	}
}

func TestWhatAPythonScriptLeavesRunningHoldsNothingUp(t *testing.T) {
	root := tree(t, map[string]string{
		"boot.d/1.py": "import os, subprocess\n" +
			"one = subprocess.Popen(['sleep', '60'], close_fds=False)\n" +
			"two = os.fork() or os.execvp('sleep', ['sleep', '60'])\n" +
			"open(os.environ['PIDS'], 'w').write('%d %d' % (one.pid, two))\n" +
			"os.environ['NEW'] = '1'\n",
		"boot.d/2.sh": "#!/bin/sh\nfor p in $(cat $PIDS); do ls -l /proc/$p/fd; done | grep -c memfd\n" +
			"echo $NEW\nkill $(cat $PIDS)\n",
	})
	r, _, _ := newPythonRunner(root)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	r.Stdout, r.Stderr = out, out
	r.Env = append(r.Env, "PIDS="+filepath.Join(t.TempDir(), "pids"))
	r.Run(t.Context(), Boot)
	if said, _ := os.ReadFile(out.Name()); string(said) != "0\n1\n" {
		t.Errorf("the second script says %q", said)
	}
}

func TestAPythonScriptThatCannotRunIsReportedWithTheReason(t *testing.T) {
	for name, tt := range map[string]struct {
		script, python string
		reason         string
	}{
		"Windows line ends are no reason": {"import sys\r\nsys.exit(3)\r\n", "", "1.py ERROR: exit status 3"},
		"UTF-16": {"\xff\xfe#\x00\n\x00", "",
			"exit status 1: it is text in UTF-16: save it as UTF-8"},
		"interpreter of another machine": {"#",
			"\x7fELF\x02\x02" + strings.Repeat("\x00", 11) + "\x02\x00\x16", "use a build for linux/" + runtime.GOARCH},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"boot.d/1.py": tt.script}
			if tt.python != "" {
				files["/opt/code/localstack/.venv/bin/python"] = tt.python
			}
			r, rec, _ := newPythonRunner(tree(t, files))
			r.Run(t.Context(), Boot)
			if got := rec.lines[1]; !strings.HasSuffix(got, tt.reason) {
				t.Errorf("reported %q", got)
			}
		})
	}
}

func TestVariablesThatWouldKeepTheNextScriptsFromRunningAreRefused(t *testing.T) {
	const lost = `the variables that it has set are lost: the environment has `
	for name, tt := range map[string]struct{ script, reason string }{
		"one is too large": {"os.environ['LARGE'] = 'x' * (200 << 10)",
			lost + `201 KiB in \d variables, .*; the largest one is "LARGE" with 201 KiB`},
		"they are too many": {"os.environ.update({'V%d' % i: 'x' * 99999 for i in range(99)})",
			lost + `9\d{3} KiB in \d{3} variables, .*; the largest one is "V\d+" with 98 KiB`},
		"after a failure": {"os.environ['LARGE'] = 'x' * (200 << 10); sys.exit(3)", "exit status 3, and " + lost + ".*"},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, map[string]string{
				"boot.d/1.py": "import os\nos.environ['KEPT'] = 'kept'\n",
				"boot.d/2.py": "import os, sys\nos.environ['NEW'] = 'lost'\n" + tt.script,
				"boot.d/3.sh": "#!/bin/sh\necho $KEPT $NEW\n",
				"boot.d/4.py": "import os\nprint(os.environ['KEPT'], os.environ.get('NEW'))\n",
			})
			r, rec, out := newPythonRunner(root)
			r.Run(t.Context(), Boot)
			if out.String() != "kept\nkept None\n" {
				t.Errorf("the next scripts say %q; %q", out, rec.lines)
			}
			want := regexp.MustCompile("^2.py ERROR: " + tt.reason + "$")
			if !want.MatchString(rec.lines[3]) {
				t.Errorf("reported %q", rec.lines[3])
			}
		})
	}
}

func TestAnEnvironmentThatIsTooLargeIsNamed(t *testing.T) {
	root := tree(t, map[string]string{"boot.d/2.sh": "#!/bin/sh\n", "boot.d/3.py": ""})
	r, rec, _ := newPythonRunner(root)
	r.Env = append(r.Env, "LARGE="+strings.Repeat("x", 200<<10))
	r.Run(t.Context(), Boot)
	const want = ` ERROR: argument list too long: the environment has 201 KiB in 2 variables`
	if len(rec.lines) != 4 {
		t.Fatalf("reported %q", rec.lines)
	}
	if !strings.HasPrefix(rec.lines[1], "2.sh"+want) || !strings.HasPrefix(rec.lines[3], "3.py"+want) ||
		!strings.Contains(rec.lines[1], `the largest one is "LARGE" with 201 KiB`) {
		t.Errorf("reported %q", rec.lines)
	}
}

func FuzzParseChanges(f *testing.F) {
	for _, content := range []string{"", "\x00", "A=1\x00", "A=1\x00\x00", "A\x00B=\x00\x00", "\x00\x00\x00"} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		entries, whole := parseChanges(content)
		if !whole && entries != nil {
			t.Errorf("%q of what is not whole", entries)
		}
		env := merge([]string{"A=0", "AWS_PROFILE=p"}, entries)
		if !slices.Contains(env, "AWS_PROFILE=p") {
			t.Errorf("%q", env)
		}
	})
}

func TestParseChanges(t *testing.T) {
	for content, want := range map[string][]string{
		"\x00": nil, "A=1\x00\x00": {"A=1"}, "A\x00B=\n\x00\x00": {"A", "B=\n"},
	} {
		if got, whole := parseChanges([]byte(content)); !whole || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", content, got, whole)
		}
	}
	for _, content := range []string{"", "A", "A=1\x00", "A=1\x00B"} {
		if got, whole := parseChanges([]byte(content)); whole {
			t.Errorf("%q: %q", content, got)
		}
	}
}
