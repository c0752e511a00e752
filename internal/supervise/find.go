package supervise

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

// Find returns the file that name means under the PATH of env, as a shell would find it; a name
// with a slash is a path already. The error is a [*fault.Error]: 127 if there is no such file, or it is
// a script without an interpreter; 126 if there is only a directory or a file without the permission to
// execute it.
func Find(name string, env []string) (string, error) {
	if name == "" {
		return "", fault.New(fault.CommandNotFound, "its name is empty")
	}
	search := searchPath(env)
	if strings.Contains(name, "/") {
		if err := executable(name); err != nil {
			return "", cannotStart(name, err)
		}
		return hasInterpreter(name, search)
	}
	failure := notOnPath(name)
	for dir := range strings.SplitSeq(search, ":") {
		if dir == "" {
			dir = "." // POSIX: an empty element is the working directory
		}
		path := dir + "/" + name
		err := executable(path)
		if err == nil {
			return hasInterpreter(path, search)
		}
		isAbsent := errors.Is(err, unix.ENOENT) && !isLink(path) || errors.Is(err, unix.ENOTDIR)
		if !isAbsent {
			failure = cannotStart(path, err) // something is there, but a later directory may have better
		}
	}
	return "", failure
}

var errNotOnPath = errors.New("not found in any directory of PATH")

// notOnPath is the error that there is no such program; it says why if the name shows it.
func notOnPath(name string) *fault.Error {
	const advice = ": give the program and each argument as a word of its own"
	why := ""
	switch {
	case strings.HasPrefix(name, "[") && strings.Trim(name, "[") != "", strings.HasPrefix(name, "{"):
		why = ": it looks like JSON" + advice
	case strings.ContainsAny(name, " \t\n"):
		why = ": it is one word with blanks" + advice
	}
	return fault.Wrap(errNotOnPath, fault.CommandNotFound, "%.200s: %s%s", name, errNotOnPath, why)
}

// hasInterpreter returns the path, or an error if the interpreter of a script, or the loader of a program, does not
// exist: an activation before that may cost a credit for nothing.
func hasInterpreter(path, search string) (string, error) {
	if why := file.WhyNoInterpreter(path, search); why != "" {
		return "", fault.Wrap(unix.ENOENT, fault.CommandNotFound, "%.200s: %s: %s", path, unix.ENOENT, why)
	}
	return path, nil
}

// Foresee returns why execve of a path that [Find] has found will fail, nil if nothing shows it. The failure is not
// certain for a program for another machine: only the kernel knows whether it runs it (binfmt_misc).
func Foresee(path string, env []string) (failure error, isCertain bool) {
	why := file.Foresee(path, searchPath(env))
	if why == "" || file.RunsInShell(path) {
		return nil, false
	}
	return fault.New(fault.CommandNotExecutable, "%.200s: %s", path, why), !file.IsForeign(path)
}

func isLink(path string) bool {
	var stat unix.Stat_t
	return unix.Lstat(path, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFLNK
}

func searchPath(env []string) string {
	for _, entry := range env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			return path
		}
	}
	return file.DefaultPath
}

// executable returns nil, or why execve of the path would fail.
func executable(path string) error {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		return unix.EISDIR
	}
	// AT_EACCESS: with the rights execve will use, and it knows about noexec mounts.
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
}
