package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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

// header is the beginning of a program for another machine, in a version that no emulator of that machine runs.
const header = "\x7fELF\x02\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x16"

// script is the path of a new executable file.
func script(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.sh")
	must(t, os.WriteFile(path, []byte(content), 0o755))
	return path
}

// link is the path of a new link.
func link(t *testing.T, target string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "link.sh")
	must(t, os.Symlink(target, path))
	return path
}

func TestWhyTheKernelDoesNotRunAFile(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		mode    os.FileMode
		why     string
	}{
		"a script":       {"#!/bin/sh\n", 0o755, ""},
		"not executable": {"#!/bin/sh\n", 0o644, "it is not executable: chmod +x FILE"},
		"CRLF":           {"#!/bin/sh\r\necho\r\n", 0o755, `its interpreter "/bin/sh\r" does not exist: ` + windows},
		"CRLF after a blank": {"#! /bin/bash\r\n", 0o755,
			`its interpreter "/bin/bash\r" does not exist: ` + windows},
		"missing interpreter":   {"#!/opt/zsh5\n", 0o755, `its interpreter "/opt/zsh5" does not exist in this image`},
		"folder as interpreter": {"#!/etc -x\n", 0o755, `its interpreter "/etc" is not executable`},
		"text as interpreter":   {"#!/etc/passwd\n", 0o755, `its interpreter "/etc/passwd" is not executable`},
		"no interpreter":        {"#! \necho\n", 0o755, "its first line names no interpreter after #!"},
		"longest interpreter":   {"#!" + strings.Repeat("/", 246) + "bin/sh\necho\n", 0o755, ""},
		"too long interpreter":  {"#!" + strings.Repeat("/", 248) + "bin/sh\necho\n", 0o755, tooLong},
		"too long argument":     {"#!/bin/sh -e" + strings.Repeat(" ", 300) + "x\n", 0o755, ""},
		"too many blanks":       {"#!" + strings.Repeat(" ", 300) + "/bin/sh\n", 0o755, tooLong},
		"no first line":         {"echo\n", 0o755, "its first line does not begin with #!, as in #!/bin/sh"},
		"a blank line before":   {"\n#!/bin/sh\n", 0o755, "the first line has something before #!"},
		"empty":                 {"", 0o755, "the file is empty"},
		"a byte order mark": {"\xef\xbb\xbf#!/bin/sh\n", 0o755,
			`it begins with a byte order mark before its interpreter, "/bin/sh": save it as UTF-8 without one`},
		"only a byte order mark":         {"\xef\xbb\xbfecho\n", 0o755, "it begins with a byte order mark: save it as UTF-8"},
		"interpreter of another machine": {"#!" + script(t, header) + "\n", 0o755, "its interpreter \""},
		"interpreter is a dangling link": {"#!" + link(t, "/nowhere") + "\n", 0o755, "its interpreter \""},
		"UTF-16":                         {"\xff\xfe#\x00!\x00", 0o755, "it is text in UTF-16: save it as UTF-8"},
		"Windows":                        {"MZ\x90\x00", 0o755, "it is a program for Windows"},
		"macOS":                          {"\xcf\xfa\xed\xfe\x00", 0o755, "it is a program for macOS"},
		"anything":                       {"\x00\x01\x02", 0o755, "it is neither a script nor a program for Linux"},
		"another machine": {own(t, at(18, 22)), 0o755, "it is a program for linux/s390x, and this machine is " +
			thisMachine + ": use a build for " + thisMachine},
		"an unknown machine": {own(t, at(19, 77)), 0o755, "it is a program for linux/machine type "},
		"an object file":     {own(t, at(16, 1)), 0o755, "it is an object file or a core file, not a program"},
		"cut short":          {own(t, func(p []byte) []byte { return p[:40] }), 0o755, "it is damaged or incomplete"},
		"four bytes":         {"\x7fELF", 0o755, "it is damaged or incomplete"},
		"missing loader":     {own(t, patched("/ld-linux-", "/ld-musl-x")), 0o755, "its loader \"/lib"},
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
			// What can be foreseen is what comes to pass, except for what only the kernel finds out.
			foreseen := Foresee(path, os.Getenv("PATH"))
			if name != "cut short" && !strings.HasPrefix(foreseen, tt.why) || tt.why == "" && foreseen != "" {
				t.Errorf("foreseen is %q, want %q", foreseen, tt.why)
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
	pipe := filepath.Join(folder, "pipe.sh")
	must(t, unix.Mkfifo(pipe, 0o755))
	for path, want := range map[string]string{
		dangling:                      `it is a link to "/host/hook.sh", which does not exist here`,
		filepath.Join(folder, "none"): "",
		folder:                        "it is a directory, not a program",
		pipe:                          "it is a named pipe, not a program",
		loop:                          "it is a link that leads back to itself",
		chain:                         "its interpreter is a script with an interpreter that is a script, and so on",
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
		"#!/usr/bin/env sh\nexit 127\n":         "",
		"#!/bin/sh\nexit 3\n":                   "",
		"#!/usr/bin/env sh\r\necho\r\n":         `its interpreter "sh\r" is not on PATH: ` + windows,
		"#!/bin/sh -e\r\necho\r\n":              windows,
		"#!/bin/sh\ncd /etc\r\nexit\r\n":        windows,
		"#!/usr/bin/env no-such-shell\n":        `its interpreter "no-such-shell" is not on PATH`,
		"#!/usr/bin/env\tno-such-shell\n":       `its interpreter "no-such-shell" is not on PATH`,
		"#!/usr/bin/env -S no-such-shell -e\n":  `its interpreter "no-such-shell" is not on PATH`,
		"#!/usr/bin/env -Sno-such-shell\n":      `its interpreter "no-such-shell" is not on PATH`,
		"#!/usr/bin/env -S X=1 no-such-shell\n": "",
		"#!/usr/bin/env -S sh -e\nexit 127\n":   "",
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

// The kernel follows five interpreters: this one's is the sixth.
func TestWhyAChainOfInterpretersIsTooLong(t *testing.T) {
	path := "/bin/sh"
	for length := range 8 {
		path = script(t, "#!"+path+"\n")
		err := Cause(exec.Command(path).Run())
		if got, foreseen := WhyNotRun(path, err), Foresee(path, ""); err != nil != (got == tooDeep) || foreseen != got {
			t.Errorf("%d: the kernel says %v, we %q, foreseen %q", length, err, got, foreseen)
		}
	}
}

func TestOnlyAScriptForAShellRunsInOne(t *testing.T) {
	for content, want := range map[string]bool{
		"echo\n":                       true,
		"# echo":                       true,
		"\n#!/bin/sh\n":                true,
		"  #! /usr/bin/bash -e\n":      true,
		"\xef\xbb\xbfecho\n":           true,
		"\xef\xbb\xbf#!/bin/sh\n":      false,
		"\n#!/usr/bin/python3\n":       false,
		"\n#!/usr/bin/env python3\n":   false,
		"#!/opt/other-machine\nimport": false,
		"#!\necho\n":                   false,
		"":                             false,
		"\x7fELF":                      false,
		"\x00\x01\x02":                 false,
		"\xff\xfe#\n":                  false,
	} {
		if got := RunsInShell(script(t, content)); got != want {
			t.Errorf("%q: %v", content, got)
		}
	}
}

// A kernel may run programs for other machines by an emulator. Then there is nothing to explain.
func TestWhyAProgramForAnotherMachineDoesNotRun(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600))
	path := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-o", path, "main.go")
	build.Dir, build.Env = dir, append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	err := Cause(exec.Command(path).Run())
	want := "it is a program for linux/arm64, and this machine is " + thisMachine + ": use a build for " + thisMachine
	if errors.Is(err, unix.ENOENT) {
		want += "; the interpreter for such programs (binfmt_misc) does not exist here"
	}
	if got := WhyNotRun(path, err); err == nil != (got == "") && got != want {
		t.Errorf("%v: %q", err, got)
	}
}

// dynamic is a program of 32 or 64 bits that has a loader.
func dynamic(bits byte, machine uint16, loader string) string {
	word := func(value int) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(value))[:bits/8] }
	half := func(value uint16) []byte { return binary.LittleEndian.AppendUint16(nil, value) }
	long := func(value uint32) []byte { return binary.LittleEndian.AppendUint32(nil, value) }
	headerSize, entrySize := 52, 32
	if bits == 64 {
		headerSize, entrySize = 64, 56
	}
	text := headerSize + entrySize
	head := slices.Concat([]byte{0x7f, 'E', 'L', 'F', bits / 32, 1, 1}, make([]byte, 9),
		half(2), half(machine), long(1), word(0), word(headerSize), word(0), long(0),
		half(uint16(headerSize)), half(uint16(entrySize)), half(1), half(0), half(0), half(0))
	size := len(loader) + 1
	entry := slices.Concat(long(3), word(text), word(0), word(0), word(size), word(size), long(4), word(1))
	if bits == 64 {
		entry = slices.Concat(long(3), long(4), word(text), word(0), word(0), word(size), word(size), word(1))
	}
	return string(slices.Concat(head, entry, []byte(loader), []byte{0}))
}

func TestWhyAProgramWithoutItsLoaderDoesNotRun(t *testing.T) {
	const foreign = "it is a program for linux/386, and this machine is " + thisMachine +
		": use a build for " + thisMachine
	notExecutable := script(t, "")
	must(t, os.Chmod(notExecutable, 0o600))
	own := map[string]uint16{"amd64": 62, "arm64": 183}[runtime.GOARCH]
	for _, tt := range []struct {
		bits    byte
		machine uint16
		loader  string
		cause   error
		want    string
	}{
		{64, own, "/lib/ld-musl-x.so.1", unix.ENOENT, `its loader "/lib/ld-musl-x.so.1" does not exist in this image: ` +
			"use a build for this image's C library, which is not musl"},
		{64, own, notExecutable, unix.EACCES, "its loader \"" + notExecutable + "\" is not executable"},
		{32, 3, "/lib/ld-none.so.2", unix.ENOENT, `its loader "/lib/ld-none.so.2" does not exist in this image: ` + foreign},
		{32, 3, "/lib/ld-none.so.2", unix.ENOEXEC, foreign},
	} {
		program := dynamic(tt.bits, tt.machine, tt.loader)
		if got := elf(program).flaw(tt.cause); got != tt.want {
			t.Errorf("%d bits, %v: %q, want %q", tt.bits, tt.cause, got, tt.want)
		}
		path := script(t, program)
		err := Cause(exec.Command(path).Start())
		if err == nil {
			t.Fatalf("%q runs", program)
		}
		if got := WhyNotRun(path, err); errors.Is(err, tt.cause) && got != tt.want {
			t.Errorf("the kernel says %v, we %q", err, got)
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
		elf(head).flaw(unix.ENOEXEC)
		must(t, os.WriteFile(path, head, 0o600))
		RunsInShell(path)
		WhyNoInterpreter(path, "/bin")
		if why := whyInvalid(path, unix.ENOEXEC, mostInterpreters); len(why) > 1000 {
			t.Errorf("%q", why)
		}
	})
}
