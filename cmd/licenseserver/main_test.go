package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

// noExitDelay avoids the second that a program built with -race sleeps at its end.
const noExitDelay = "GORACE=atexit_sleep_ms=0"

// The test binary is also the program: what the scripts run is a process of its own.
func TestMain(m *testing.M) {
	stepBack()
	testscript.Main(m, map[string]func(){"licenseserver": main})
}

// stepBack lets the tests of other packages go first, some of which measure time: these start thousands of processes.
func stepBack() {
	const nice = 5
	threads, _ := os.ReadDir("/proc/self/task")
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, nice)
		}
	}
}

// TestScripts runs the transcripts, which specify the command line.
func TestScripts(t *testing.T) {
	testkit.RunScripts(t, scriptParams())
}

func scriptParams() testscript.Params {
	return testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":       cmdServe,
			"stop":        cmdStop,
			"ask":         cmdAsk,
			"capture":     cmdCapture,
			"exits":       cmdExits,
			"nowhere":     cmdNowhere,
			"certificate": cmdCertificate,
		},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, noExitDelay)
			env.Values[serverKey{}] = new(*process)
			return nil
		},
		RequireExplicitExec: true,
	}
}

// cmdCapture is "capture NAME REGEXP": the environment variable NAME becomes
// what the last standard output has that matches.
func cmdCapture(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("nothing matches %s", args[1])
	}
	ts.Setenv(args[0], found)
}

// cmdExits is "exits CODE COMMAND ARG…": the command must end with that code.
func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d\n%s", got, want, ts.ReadFile("stderr"))
	}
}

// cmdNowhere is "nowhere PATH TEXT…": no file at or below PATH has any of the
// texts, and there is a file.
func cmdNowhere(ts *testscript.TestScript, _ bool, args []string) {
	files := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for _, text := range args[1:] {
			if len(text) < 20 {
				ts.Fatalf("%q is too short to look for", text)
			}
			if bytes.Contains(content, []byte(text)) {
				ts.Fatalf("%s contains %s", path, text)
			}
		}
		return err
	}))
	if files == 0 {
		ts.Fatalf("there is no file below %s", args[0])
	}
}

func TestErrorsShowNoToken(t *testing.T) {
	key := strings.Repeat("aB3d", 10)
	token := "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEE0000"
	const id, path = "cannot rotate token_5c0f2f0c-93a9-4ac3-bd53-0d36eac2e0d5: gone", "cannot open /tmp/else-where/data"
	for message, want := range map[string]string{
		`unknown command "` + token + `" for "licenseserver"`: `unknown command "****" for "licenseserver"`,
		`unknown command "` + key + `"`:                       `unknown command "****"`,
		id:                                                    id,
		path:                                                  path,
	} {
		if got := withoutTokens(message); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
