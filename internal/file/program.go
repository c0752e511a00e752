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

	"golang.org/x/sys/unix"
)

const (
	// programHead is how much of a program is looked at: what the kernel reads of a script, and of an ELF
	// file what stands in its first page.
	programHead = 4096
	// mostInterpreters bounds a chain of scripts that are each other's interpreter, as in the kernel.
	mostInterpreters = 5
)

const (
	utf16        = "it is text in UTF-16: save it as UTF-8"
	windowsLines = "it has Windows line endings (CRLF); convert them to LF: sed -i 's/\\r$//' FILE"
	circular     = "it is a link that leads back to itself"
)

// WhyNotRun says what about the file at path keeps the kernel from running it, and what would be right, after that
// has failed with err. It is empty when the file shows nothing.
func WhyNotRun(path string, err error) string { return whyNotRun(path, err, mostInterpreters) }

// Foresee says why the kernel will not run the file at path, as [WhyNotRun] does afterwards; "" if nothing shows it.
// search has the folders of its PATH. Only the kernel knows whether it also runs programs for other machines
// (binfmt_misc).
func Foresee(path, search string) string {
	err := Cause(unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS))
	why := whyNotRun(path, err, mostInterpreters)
	switch {
	case why == "" && err != nil:
		return err.Error()
	case why == "":
		return WhyNoInterpreter(path, search)
	}
	return why
}

func whyNotRun(path string, err error, depth int) string {
	info, statErr := os.Stat(path)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		if target, linkErr := os.Readlink(path); linkErr == nil {
			return fmt.Sprintf("it is a link to %.200q, which does not exist here", target)
		}
	case errors.Is(statErr, unix.ELOOP):
		return circular
	case errors.Is(statErr, fs.ErrPermission):
		return fmt.Sprintf("user %d cannot open one of its directories", os.Geteuid())
	case statErr == nil && IsEmptyDirectory(path):
		return ErrEmptyDirectory.Error()
	case statErr != nil, errors.Is(err, unix.EISDIR): // says it itself
	case !info.Mode().IsRegular():
		return "it is " + kindOf(info) + ", not a program"
	case errors.Is(err, fs.ErrPermission):
		return whyDenied(path, info, depth)
	case err == nil, errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOEXEC), errors.Is(err, unix.ELOOP):
		return whyInvalid(path, err, depth)
	}
	return ""
}

// kindOf names the kind of a file that is not a regular one.
func kindOf(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Readable returns why the text at path cannot be read, nil when it can. A pipe may hold whoever reads it forever.
func Readable(path string) error {
	if info, err := os.Stat(path); err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return errors.New("it is " + kindOf(info) + ", not a file with text")
	}
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
	if isUTF16(head) {
		return utf16
	}
	if why := whyNotOnPath(firstLine(head), search); why != "" && code == notFound {
		return why
	}
	if bytes.Contains(head, []byte("\r\n")) && filepath.Ext(path) != ".py" { // Python takes them
		return windowsLines
	}
	return ""
}

// whyDenied is why a regular file may not be executed.
func whyDenied(path string, info fs.FileInfo, depth int) string {
	const anybody = 0o111
	switch {
	case isNoExec(path):
		return "its file system is mounted with noexec" + mountedAt(path) +
			"; mount it without, or copy the file to another place"
	case info.Mode()&anybody == 0:
		return "it is not executable: chmod +x FILE; in a ConfigMap of Kubernetes, defaultMode: 0755"
	case !isExecutable(path):
		return fmt.Sprintf("user %d may not execute it (mode %04o): chmod a+rx FILE", os.Geteuid(), info.Mode().Perm())
	}
	return whyInvalid(path, fs.ErrPermission, depth)
}

// whyInvalid says why the kernel cannot run a file, or the interpreter that it names. err is the error of execve; nil
// if it was not called.
func whyInvalid(path string, err error, depth int) string {
	head := headOf(path)
	switch {
	case head == nil && errors.Is(err, unix.ENOEXEC):
		return fmt.Sprintf("user %d may not read it: chmod a+r FILE", os.Geteuid())
	case head == nil:
		return ""
	case len(head) == 0:
		return "the file is empty"
	case bytes.HasPrefix(head, []byte(elfMagic)):
		return elf(head).flaw(err)
	case bytes.HasPrefix(head, []byte(byteOrderMark)):
		return "it begins with a byte order mark" + beforeInterpreter(head[len(byteOrderMark):]) +
			": save it as UTF-8 without one (sed -i '1s/^\\xEF\\xBB\\xBF//' FILE)"
	case isUTF16(head):
		return utf16
	case bytes.HasPrefix(head, []byte("MZ")):
		return "it is a program for Windows"
	case bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")), bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe")):
		return "it is a program for macOS"
	case bytes.HasPrefix(head, []byte("#!")):
		return interpreterFlaw(firstLine(head), err, depth)
	case bytes.IndexByte(head, 0) >= 0:
		return "it is neither a script nor a program for Linux"
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("#!")):
		return "the first line has something before #!, which must be its first two characters"
	}
	return "its first line does not begin with #!, as in #!/bin/sh"
}

const (
	elfMagic      = "\x7fELF"
	byteOrderMark = "\xef\xbb\xbf"
)

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

func isExecutable(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS) == nil
}

// thisMachine is what programs for it are called.
const thisMachine = runtime.GOOS + "/" + runtime.GOARCH
