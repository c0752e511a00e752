package file

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// WhyNoInterpreter says that the script at path has no interpreter, or a program for this machine no loader, and why;
// search are the folders of its PATH. It is empty for anything else. Nothing is run, but there is no doubt that it
// cannot be.
func WhyNoInterpreter(path, search string) string {
	head := headOf(path)
	if program := elf(head); bytes.HasPrefix(head, []byte(elfMagic)) && program.platform() == thisMachine {
		if loader := program.loader(); loader == "" || exists(loader) {
			return ""
		}
		return program.flaw(unix.ENOENT)
	}
	line := firstLine(head)
	if line == "" {
		return ""
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return noInterpreter
	}
	if _, err := os.Lstat(interpreter(line)); errors.Is(err, fs.ErrNotExist) {
		return missing(line)
	}
	return whyNotOnPath(line, search)
}

// IsForeign reports whether the file at path is a program for another machine, or a script for one.
func IsForeign(path string) bool {
	for range mostInterpreters {
		head := headOf(path)
		if bytes.HasPrefix(head, []byte(elfMagic)) {
			return elf(head).platform() != thisMachine
		}
		if path = interpreter(firstLine(head)); path == "" {
			return false
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// RunsInShell reports whether a shell may run the file at path, which the kernel does not know: as execvp does, but
// nothing that is no text, is empty, or names another interpreter, though not as the kernel reads it.
func RunsInShell(path string) bool {
	head := headOf(path)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte(byteOrderMark)))
	switch {
	case len(head) == 0, bytes.IndexByte(line, 0) >= 0, bytes.HasPrefix(head, []byte(elfMagic)), isUTF16(head):
		return false
	case bytes.HasPrefix(text, []byte("#!")):
		shells := []string{"sh", "bash", "dash", "ash"}
		isFirst := bytes.HasPrefix(head, []byte("#!")) || bytes.HasPrefix(head, []byte(byteOrderMark))
		return !isFirst && slices.Contains(shells, filepath.Base(interpreter(firstLine(text))))
	}
	return true
}

// firstLine is the first line of a script, without "#!"; empty for anything else.
func firstLine(head []byte) string {
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	if !isScript {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return string(line)
}

// interpreter is the one that a first line names, as the kernel reads it.
func interpreter(line string) string {
	name, _, _ := strings.Cut(strings.Trim(line, " \t"), " ")
	name, _, _ = strings.Cut(name, "\t")
	return name
}

const (
	noInterpreter = "its first line names no interpreter after #!"
	tooDeep       = "its interpreter is a script with an interpreter that is a script, and so on, too many times"
)

// missing says that the interpreter of a first line does not exist.
func missing(line string) string {
	name := interpreter(line)
	if strings.HasSuffix(name, "\r") {
		return fmt.Sprintf("its interpreter %.100q does not exist: %s", name, windowsLines)
	}
	return fmt.Sprintf("its interpreter %.100q does not exist in this image", name)
}

// whyNotOnPath says that env, if it is the interpreter, does not find the one that it is to look for.
func whyNotOnPath(line, search string) string {
	_, name, hasArgument := strings.Cut(strings.Trim(line, " \t"), " ")
	name = strings.Trim(name, " \t")
	if filepath.Base(interpreter(line)) != "env" || !hasArgument || name == "" {
		return ""
	}
	if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "=/ \t") {
		return "" // an option, a variable, a path, two words: env says itself what is wrong
	}
	for _, folder := range filepath.SplitList(search) {
		if isExecutable(filepath.Join(folder, name)) {
			return ""
		}
	}
	if strings.HasSuffix(name, "\r") {
		return fmt.Sprintf("its interpreter %.100q is not on PATH: %s", name, windowsLines)
	}
	return fmt.Sprintf("its interpreter %.100q is not on PATH", name)
}

// beforeInterpreter says which first line what comes before it has spoiled.
func beforeInterpreter(text []byte) string {
	line := firstLine(text)
	if line == "" {
		return ""
	}
	return fmt.Sprintf(" before its interpreter, %.100q", strings.TrimSpace(line))
}

// whyNoInterpreter is what is wrong with the interpreter that a script's first line names.
func whyNoInterpreter(line string, err error, depth int) string {
	name := interpreter(line)
	info, statErr := os.Stat(name)
	_, linkErr := os.Lstat(name)
	switch {
	case strings.TrimSpace(line) == "":
		return noInterpreter
	case errors.Is(linkErr, fs.ErrNotExist):
		return missing(line)
	case statErr == nil && info.IsDir(), statErr == nil && !isNoExec(name) && !isExecutable(name):
		return fmt.Sprintf("its interpreter %.100q is not executable", name)
	case depth == 0, errors.Is(err, unix.ELOOP) && statErr == nil:
		return tooDeep
	}
	if err == nil && isNoExec(name) {
		err = fs.ErrPermission
	}
	switch why := whyNotRun(name, err, depth-1); why {
	case "", tooDeep:
		return why
	default:
		return fmt.Sprintf("its interpreter %.100q does not run: %s", name, why)
	}
}
