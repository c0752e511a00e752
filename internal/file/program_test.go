package file

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// own is a program of this machine.
func own(t *testing.T, change func(program []byte) []byte) string {
	t.Helper()
	path, err := exec.LookPath("env")
	must(t, err)
	program, err := os.ReadFile(path)
	must(t, err)
	return string(change(program))
}

// patched has some bytes in place of others.
func patched(old, replacement string) func([]byte) []byte {
	return func(program []byte) []byte { return bytes.Replace(program, []byte(old), []byte(replacement), 1) }
}

// at has a byte at an offset.
func at(offset int, value byte) func([]byte) []byte {
	return func(program []byte) []byte { program[offset] = value; return program }
}

const windows = "it has Windows line endings (CRLF); convert them to LF: sed -i 's/\\r$//' FILE"

func TestWhyTheKernelDoesNotRunAFile(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		mode    os.FileMode
		why     string
	}{
		"a script":              {"#!/bin/sh\n", 0o755, ""},
		"not executable":        {"#!/bin/sh\n", 0o644, "it is not executable: chmod +x FILE"},
		"CRLF":                  {"#!/bin/sh\r\necho\r\n", 0o755, windows},
		"CRLF after a blank":    {"#! /bin/bash\r\n", 0o755, windows},
		"missing interpreter":   {"#!/opt/zsh5\n", 0o755, `its interpreter "/opt/zsh5" does not exist in this image`},
		"folder as interpreter": {"#!/etc -x\n", 0o755, `its interpreter "/etc" is not executable`},
		"text as interpreter":   {"#!/etc/passwd\n", 0o755, `its interpreter "/etc/passwd" is not executable`},
		"no interpreter":        {"#! \necho\n", 0o755, "its first line names no interpreter after #!"},
		"no first line":         {"echo\n", 0o755, "its first line does not begin with #!, as in #!/bin/sh"},
		"a blank line before":   {"\n#!/bin/sh\n", 0o755, "the first line has something before #!"},
		"empty":                 {"", 0o755, "the file is empty"},
		"a byte order mark":     {"\xef\xbb\xbf#!/bin/sh\n", 0o755, "it begins with a byte order mark"},
		"UTF-16":                {"\xff\xfe#\x00!\x00", 0o755, "it is text in UTF-16: save it as UTF-8"},
		"Windows":               {"MZ\x90\x00", 0o755, "it is a program for Windows"},
		"macOS":                 {"\xcf\xfa\xed\xfe\x00", 0o755, "it is a program for macOS"},
		"anything":              {"\x00\x01\x02", 0o755, "it is neither a script nor a program for Linux"},
		"another machine": {own(t, at(18, 22)), 0o755, "it is a program for linux/s390x, and this machine is " +
			thisMachine + ": use a build for " + thisMachine},
		"an unknown machine": {own(t, at(19, 77)), 0o755, "it is a program for linux/the machine type "},
		"an object file":     {own(t, at(16, 1)), 0o755, "it is an object file or a core file, not a program"},
		"cut short":          {own(t, func(p []byte) []byte { return p[:40] }), 0o755, "it is damaged or incomplete"},
		"missing loader": {own(t, patched("/ld-linux-", "/ld-musl-x")), 0o755,
			"its loader \"/lib"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.sh")
			must(t, os.WriteFile(path, []byte(tt.content), tt.mode))
			err := Cause(exec.Command(path).Start())
			if (err == nil) != (tt.why == "") {
				t.Fatalf("the kernel says %v", err)
			}
			if got := WhyNotRun(path, err); !strings.HasPrefix(got, tt.why) || tt.why == "" && got != "" {
				t.Errorf("%v: %q, want %q", err, got, tt.why)
			}
		})
	}
}

func TestWhyTheKernelDoesNotRunWhatIsNoFileHere(t *testing.T) {
	folder := t.TempDir()
	dangling := filepath.Join(folder, "dangling.sh")
	must(t, os.Symlink("/host/hook.sh", dangling))
	loop := filepath.Join(folder, "loop.sh")
	must(t, os.Symlink(loop, loop))
	chain := filepath.Join(folder, "chain.sh")
	must(t, os.WriteFile(chain, []byte("#!"+chain+"\n"), 0o755))
	for path, want := range map[string]string{
		dangling:                      `it is a link to "/host/hook.sh", which does not exist here`,
		filepath.Join(folder, "none"): "",
		folder:                        "",
		loop:                          "",
		chain:                         "",
	} {
		err := Cause(exec.Command(path).Start())
		if err == nil {
			t.Fatalf("%s runs", path)
		}
		if got := WhyNotRun(path, err); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s, %v: %q, want %q", path, err, got, want)
		}
	}
}

func TestWhyAScriptHasEnded(t *testing.T) {
	for content, want := range map[string]string{
		"#!/usr/bin/env sh\nexit 127\n":        "",
		"#!/bin/sh\nexit 3\n":                  "",
		"#!/usr/bin/env sh\r\necho\r\n":        windows,
		"#!/bin/sh\ncd /etc\r\nexit\r\n":       windows,
		"#!/usr/bin/env no-such-shell\n":       `its interpreter "no-such-shell" is not on PATH`,
		"#!/usr/bin/env -S no-such-shell -e\n": "",
	} {
		path := filepath.Join(t.TempDir(), "x.sh")
		must(t, os.WriteFile(path, []byte(content), 0o755))
		err := exec.Command(path).Run()
		exit, hasRun := errors.AsType[*exec.ExitError](err)
		if !hasRun {
			t.Fatalf("%q: %v", content, err)
		}
		if got := WhyEnded(path, exit.ExitCode(), os.Getenv("PATH")); got != want {
			t.Errorf("%q ends with %d: %q, want %q", content, exit.ExitCode(), got, want)
		}
	}
}

func FuzzWhyInvalid(f *testing.F) {
	for _, head := range []string{"#!/bin/sh\r\n", "\x7fELF\x02\x01", "", "\xef\xbb\xbf", "#!\x00"} {
		f.Add([]byte(head))
	}
	if path, err := exec.LookPath("env"); err == nil {
		program, _ := os.ReadFile(path)
		f.Add(program[:min(len(program), programHead)])
	}
	path := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, head []byte) {
		elf(head).flaw()
		must(t, os.WriteFile(path, head, 0o600))
		if why := whyInvalid(path, mostInterpreters); len(why) > 1000 {
			t.Errorf("%q", why)
		}
	})
}
