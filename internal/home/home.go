// Package home finds a home directory that the emulator and the hooks can write. HOME does not name one if the image
// does not know the user ID (OpenShift, docker run --user), or if the root file system is read-only.
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

// Home describes the home directory of a process.
type Home struct {
	// Value is that of the variable HOME, IsSet whether it is set.
	Value string
	IsSet bool
	// Users is the path of /etc/passwd, which has the home directory of a process without HOME.
	Users string
	// Places are directories in which another one may be made, the best first.
	Places []string
}

// String is the directory, and whether HOME names it.
func (h Home) String() string {
	if h.IsSet {
		return fmt.Sprintf("HOME=%.200s", h.Value)
	}
	return fmt.Sprintf("the home directory %.200s of user %d", h.dir(), os.Geteuid())
}

// Unusable says that the directory cannot be written. why is the error of [Home.Check].
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

// IsOnRoot reports whether the directory is one that is practically never a mount, so that checking it cannot hang: if
// the root file system does not answer, nothing starts.
func (h Home) IsOnRoot() bool { return h.IsSet && (h.dir() == "/" || h.dir() == "/root") }

// Check returns nil if files can be created in the home directory, or why they cannot. It writes nothing.
func (h Home) Check() error {
	dir := h.dir()
	if dir == "" {
		return unix.ENOENT
	}
	return writable(dir)
}

// writable returns nil if files can be created in dir.
func writable(dir string) error { return unix.Access(dir+"/.", unix.W_OK|unix.X_OK) }

// Planned returns what [Home.Make] would return, as far as that is known without writing.
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

// Make makes a home directory, and returns its path, if [Home.Check] returns an error. If the directory is only
// missing, it is made there; otherwise a private one is made in one of the places. That has links to the old one's
// files and directories whose names begin with a dot, except .cache. The next start of the same user finds the same
// one. The error says for each place why it cannot be used.
func (h Home) Make() (path string, err error) {
	if h.isMissing() && os.Mkdir(h.dir(), private) == nil {
		return h.dir(), nil
	}
	if path, err = h.MakeElsewhere(); err == nil {
		h.link(path)
	}
	return path, err
}

// MakeElsewhere is [Home.Make] for a home directory on a disk that does not answer: it makes no links to it.
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

// isMissing reports whether the path is absolute and nothing is there.
func (h Home) isMissing() bool {
	return filepath.IsAbs(h.dir()) && errors.Is(unix.Access(h.dir(), unix.F_OK), unix.ENOENT)
}

const private = 0o700

func name() string { return "localstack-home-" + strconv.Itoa(os.Geteuid()) }

// own returns the path of a private directory of this user in place. Other users may write in place, so a path that has
// its name but is not private to this user is left as it is.
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

// link links what programs read in the old home directory, such as .aws and .localstack, into the new one.
func (h Home) link(path string) {
	const most = 100
	old, err := filepath.Abs(h.dir())
	if err != nil {
		return
	}
	dir, err := os.Open(old)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(most)
	for _, name := range names {
		if strings.HasPrefix(name, ".") && name != ".cache" {
			_ = os.Symlink(filepath.Join(old, name), filepath.Join(path, name)) // or it is there from an earlier start
		}
	}
}
