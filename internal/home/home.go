// Package home finds a home directory that the emulator and the hooks can write. Where the user is a number that the
// image does not know (OpenShift, docker run --user), or the root file system is read-only, HOME leads to none.
package home

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
)

// Home is a home directory as a process is given it.
type Home struct {
	// Value is the variable HOME, IsSet whether there is one.
	Value string
	IsSet bool
	// Users is the file in which programs find the home directory of a process without HOME.
	Users string
	// Places are directories in which another one may be made, the best first.
	Places []string
}

// String is the directory, and how it was found.
func (h Home) String() string {
	if h.IsSet {
		return fmt.Sprintf("HOME=%.200s", h.Value)
	}
	return fmt.Sprintf("the home directory %.200s of user %d", h.dir(), os.Geteuid())
}

// Unusable says what is wrong with the directory, of which Check has said why.
func (h Home) Unusable(why error) string {
	switch {
	case h.IsSet:
		return fmt.Sprintf("%s cannot be written (%s)", h, why)
	case h.dir() == "":
		return fmt.Sprintf("HOME is not set, and user %d has no home directory", os.Geteuid())
	}
	return fmt.Sprintf("HOME is not set, and %s cannot be written (%s)", h, why)
}

// dir is the directory; "" for none. As for Python's expanduser, an empty HOME is the root directory.
func (h Home) dir() string {
	if h.IsSet {
		return cmp.Or(h.Value, "/")
	}
	content, _ := file.Read(h.Users)
	for line := range strings.Lines(string(content)) {
		// NAME:PASSWORD:UID:GID:COMMENT:HOME:SHELL, see passwd(5).
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) >= 6 && fields[2] == strconv.Itoa(os.Geteuid()) {
			return fields[5]
		}
	}
	return ""
}

// IsOnRoot reports whether the directory is one that is practically never a mount of its own. If the root file system
// does not answer, nothing starts.
func (h Home) IsOnRoot() bool { return h.IsSet && (h.dir() == "/" || h.dir() == "/root") }

// Check returns nil if files can be created in the home directory, or why they cannot. It writes nothing.
func (h Home) Check() error {
	dir := h.dir()
	if dir == "" {
		return unix.ENOENT
	}
	return writable(dir)
}

// writable is nil for a directory in which files can be created.
func writable(dir string) error { return unix.Access(dir+"/.", unix.W_OK|unix.X_OK) }

// Planned is what [Home.Make] would return, as far as that can be told without writing.
func (h Home) Planned() (path string, err error) {
	if h.isMissing() {
		if err := writable(filepath.Dir(h.dir())); err == nil {
			return h.dir(), nil
		}
	}
	for _, place := range h.Places {
		denied := writable(place)
		if denied == nil {
			return filepath.Join(place, name()), nil
		}
		err = errors.Join(err, fmt.Errorf("%s: %w", place, denied))
	}
	return "", err
}

// Make makes a home directory of which [Home.Check] says that it is unusable: where it should be, if nothing but the
// directory is missing, else a private one in one of the places. It has what programs read of the other
// one: links to its files and directories with a dot, but for the cache. The next start of the same user finds the
// same one.
func (h Home) Make() (path string, err error) {
	if h.isMissing() && os.Mkdir(h.dir(), private) == nil {
		return h.dir(), nil
	}
	if path, err = h.MakeElsewhere(); err == nil {
		h.link(path)
	}
	return path, err
}

// MakeElsewhere is Make for a home directory on a disk that does not answer: it is not looked at.
func (h Home) MakeElsewhere() (path string, err error) {
	for _, place := range h.Places {
		path, failure := own(place)
		if failure == nil {
			return path, nil
		}
		err = errors.Join(err, fmt.Errorf("%s: %w", place, file.Cause(failure)))
	}
	return "", err
}

// isMissing reports whether there is a path, but no directory.
func (h Home) isMissing() bool {
	return filepath.IsAbs(h.dir()) && errors.Is(unix.Access(h.dir(), unix.F_OK), unix.ENOENT)
}

const private = 0o700

func name() string { return "localstack-home-" + strconv.Itoa(os.Geteuid()) }

// own returns a private directory of this user in place. Others may write there: what has its name, but is not ours
// alone, is left as it is.
func own(place string) (string, error) {
	path := filepath.Join(place, name())
	err := os.Mkdir(path, private)
	if err == nil || errors.Is(err, os.ErrExist) && isOwn(path) {
		return path, nil
	}
	if !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return os.MkdirTemp(place, name()+"-")
}

func isOwn(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm() != private {
		return false
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(of.Uid) == os.Geteuid() && writable(path) == nil
}

// link makes what programs read of the old home directory part of the new one, such as .aws and .localstack.
func (h Home) link(path string) {
	const most = 100
	dir, err := os.Open(h.dir())
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(most)
	for _, name := range names {
		if strings.HasPrefix(name, ".") && name != ".cache" {
			_ = os.Symlink(filepath.Join(h.dir(), name), filepath.Join(path, name)) // or it is there from an earlier start
		}
	}
}
