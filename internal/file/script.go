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

// DefaultPath is where bash looks when the environment has no PATH.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// WhyNoInterpreter says that the interpreter of the script at path, or the loader of a program for this machine, does
// not exist, and why; "" for anything else. search has the folders of its PATH. Nothing is run, but a text means that
// the file certainly cannot be.
func WhyNoInterpreter(path, search string) string {
	head := headOf(path)
	if program := elf(head); bytes.HasPrefix(head, []byte(elfMagic)) && program.platform() == thisMachine {
		if loader := program.loader(); loader == "" || exists(loader) {
			return ""
		}
		return program.flaw(unix.ENOENT)
	}
	line := firstLine(head)
	name := interpreter(line)
	switch {
	case name == "":
		return ""
	case !exists(name):
		return interpreterFlaw(line, unix.ENOENT, mostInterpreters)
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

// RunsInShell reports whether a shell may run the file at path, of which the kernel does not know the format. As execvp
// does, but not if the file is empty, is no text, or names another interpreter in a way that the kernel does not read.
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

// firstLine is the first line of a script, without "#!"; "" for anything else.
func firstLine(head []byte) string {
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	if !isScript {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return string(line)
}

// interpreter is the one that a first line names, as the kernel reads it; empty if there is none for it.
func interpreter(line string) string {
	const read = 256 - len("#!") // the kernel's BINPRM_BUF_SIZE
	blanks := len(line) - len(strings.TrimLeft(line, blank))
	length := strings.IndexAny(line[blanks:]+" ", blank)
	if blanks+length >= read {
		return ""
	}
	return line[blanks : blanks+length]
}

const (
	blank = " \t" // what separates words for the kernel

	noInterpreter = "its first line names no interpreter after #!"
	tooLong       = "its interpreter's name does not end within the 256 bytes that the kernel reads of the first line"
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

// whyNotOnPath says, if the interpreter is env, that env will not find the program that it is to run.
func whyNotOnPath(line, search string) string {
	env := interpreter(line)
	if filepath.Base(env) != "env" {
		return ""
	}
	_, name, _ := strings.Cut(line, env)
	name = strings.Trim(name, blank)
	if words, isSplit := strings.CutPrefix(name, "-S"); isSplit {
		name, _, _ = strings.Cut(strings.TrimSpace(words), " ")
	}
	if name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "=/# \t\"'\\$") {
		return "" // an option, a variable, a path, two words, quotes: env says itself what is wrong
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

// beforeInterpreter names the interpreter of a first line that the kernel cannot read because of what precedes it.
func beforeInterpreter(text []byte) string {
	line := firstLine(text)
	if line == "" {
		return ""
	}
	return fmt.Sprintf(" before its interpreter, %.100q", strings.TrimSpace(line))
}

// interpreterFlaw says what is wrong with the interpreter that a script's first line names.
func interpreterFlaw(line string, err error, depth int) string {
	name := interpreter(line)
	info, statErr := os.Stat(name)
	_, linkErr := os.Lstat(name)
	switch {
	case strings.Trim(line, blank) == "":
		return noInterpreter
	case name == "":
		return tooLong
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
