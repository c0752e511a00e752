package supervise

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// DefaultPath is where bash looks when the environment has no PATH.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Find returns the file that name means under the PATH of env, as a shell would find it; a name
// with a slash is a path already. The error is a [*fault.Error]: 127 if there is no such file, 126
// if there is, but only a directory or one without the permission to execute it.
func Find(name string, env []string) (string, error) {
	if name == "" || strings.Contains(name, "/") {
		if err := executable(name); err != nil {
			return "", cannotStart(name, err)
		}
		return name, nil
	}
	failure := cannotStart(name, errNotOnPath)
	for dir := range strings.SplitSeq(searchPath(env), ":") {
		if dir == "" {
			dir = "." // POSIX: an empty element is the working directory
		}
		path := dir + "/" + name
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
			failure = cannotStart(path, err) // something is there, but a later directory may have better
		}
	}
	return "", failure
}

func searchPath(env []string) string {
	for _, entry := range env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			return path
		}
	}
	return DefaultPath
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
