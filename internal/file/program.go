package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// programHead is how much of a program is looked at: what the kernel reads of a script, and of an ELF
	// file what stands in its first page.
	programHead = 4096
	// mostInterpreters bounds a chain of scripts that are each other's interpreter, as in the kernel.
	mostInterpreters = 4
)

const utf16 = "it is text in UTF-16: save it as UTF-8"

const windowsLines = "it has Windows line endings (CRLF); convert them to LF: sed -i 's/\\r$//' FILE"

// WhyNotRun says what about the file at path keeps the kernel from running it, and what would be right, after that
// has failed with err. It is empty when the file shows nothing.
func WhyNotRun(path string, err error) string {
	info, statErr := os.Stat(path)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		if target, linkErr := os.Readlink(path); linkErr == nil {
			return fmt.Sprintf("it is a link to %.200q, which does not exist here", target)
		}
	case errors.Is(statErr, fs.ErrPermission):
		return fmt.Sprintf("user %d cannot open one of its directories", os.Geteuid())
	case statErr == nil && IsEmptyDirectory(path):
		return "it is empty; " + dockerMakes
	case statErr != nil || !info.Mode().IsRegular():
	case errors.Is(err, fs.ErrPermission):
		return whyDenied(path, info)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOEXEC):
		return whyInvalid(path, mostInterpreters)
	}
	return ""
}

// Readable returns why the regular file at path cannot be read, nil when it can.
func Readable(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err == nil {
		return f.Close()
	}
	err = Cause(err)
	why := ""
	if info, statErr := os.Stat(path); statErr != nil {
		why = WhyNotRun(path, err)
	} else if errors.Is(err, fs.ErrPermission) {
		why = fmt.Sprintf("user %d may not read it (mode %04o): chmod a+r FILE", os.Geteuid(), info.Mode().Perm())
	}
	if why == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, why)
}

// WhyEnded says what about a script explains that it has ended with this exit code, as [WhyNotRun] does;
// search are the folders of its PATH.
func WhyEnded(path string, code int, search string) string {
	const notFound = 127 // as env and shells say it
	head := headOf(path)
	switch {
	case isUTF16(head):
		return utf16
	case bytes.Contains(head, []byte("\r\n")) && filepath.Ext(path) != ".py": // Python takes them
		return windowsLines
	}
	words := strings.Fields(firstLine(head))
	if code != notFound || len(words) < 2 || filepath.Base(words[0]) != "env" {
		return ""
	}
	name := words[1]
	if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "=/") {
		return "" // an option, a variable, a path: env says itself what is wrong
	}
	for _, folder := range filepath.SplitList(search) {
		if isExecutable(filepath.Join(folder, name)) {
			return ""
		}
	}
	return fmt.Sprintf("its interpreter %.100q is not on PATH", name)
}

// whyDenied is why a regular file may not be executed.
func whyDenied(path string, info fs.FileInfo) string {
	var system unix.Statfs_t
	const anybody = 0o111
	switch {
	case unix.Statfs(path, &system) == nil && system.Flags&unix.ST_NOEXEC != 0:
		return "its file system is mounted with noexec; mount it without, or copy the file to another place"
	case info.Mode()&anybody == 0:
		return "it is not executable: chmod +x FILE; in a ConfigMap of Kubernetes, defaultMode: 0755"
	case !isExecutable(path):
		return fmt.Sprintf("user %d may not execute it (mode %04o): chmod a+rx FILE", os.Geteuid(), info.Mode().Perm())
	}
	return whyInvalid(path, mostInterpreters)
}

// whyInvalid is why the kernel can make no use of a file, or of the interpreter that it names.
func whyInvalid(path string, depth int) string {
	head := headOf(path)
	switch {
	case head == nil:
		return ""
	case len(head) == 0:
		return "the file is empty"
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		return elf(head).flaw()
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return "it begins with a byte order mark: save it as UTF-8 without one (sed -i '1s/^\\xEF\\xBB\\xBF//' FILE)"
	case isUTF16(head):
		return utf16
	case bytes.HasPrefix(head, []byte("MZ")):
		return "it is a program for Windows"
	case bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")), bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe")):
		return "it is a program for macOS"
	case bytes.HasPrefix(head, []byte("#!")):
		return whyNoInterpreter(firstLine(head), depth)
	case bytes.IndexByte(head, 0) >= 0:
		return "it is neither a script nor a program for Linux"
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("#!")):
		return "the first line has something before #!, which must be its first two characters"
	}
	return "its first line does not begin with #!, as in #!/bin/sh"
}

// whyNoInterpreter is what is wrong with the interpreter that a script's first line names.
func whyNoInterpreter(line string, depth int) string {
	if strings.HasSuffix(line, "\r") {
		return windowsLines
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return "its first line names no interpreter after #!"
	}
	interpreter := words[0]
	switch info, err := os.Stat(interpreter); {
	case err != nil:
		return fmt.Sprintf("its interpreter %.100q does not exist in this image", interpreter)
	case info.IsDir() || !isExecutable(interpreter):
		return fmt.Sprintf("its interpreter %.100q is not executable", interpreter)
	}
	if depth <= 1 {
		return "its interpreter is a script with an interpreter that is a script, and so on"
	}
	if why := whyInvalid(interpreter, depth-1); why != "" {
		return fmt.Sprintf("its interpreter %.100q does not run: %s", interpreter, why)
	}
	return ""
}

// isUTF16 reports whether a text begins with UTF-16's byte order mark.
func isUTF16(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
}

// headOf is the beginning of a regular file, nil when it cannot be read.
func headOf(path string) []byte {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, programHead)
	n, err := f.Read(head)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return head[:n]
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

func isExecutable(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS) == nil
}

// IsBinary reports whether the file at path is no text that a shell could run: there is a zero before its
// first line end.
func IsBinary(path string) bool {
	line, _, _ := bytes.Cut(headOf(path), []byte("\n"))
	return bytes.IndexByte(line, 0) >= 0
}

// thisMachine is what programs for it are called.
const thisMachine = runtime.GOOS + "/" + runtime.GOARCH
