package container

import (
	"path"
	"strconv"
	"strings"
)

// mount is a line of /proc/self/mountinfo, see proc_pid_mountinfo(5).
type mount struct {
	// root is the folder of the file system that is mounted, point where.
	root, point string
	// kind is the type of the file system, as in "ext4".
	kind string
	// options are those of the file system, such as the layers of an overlay.
	options string
}

// parseMounts reads mountinfo, whose lines are
//
//	ID PARENT DEVICE ROOT POINT OPTIONS [TAG…] - KIND SOURCE OPTIONS
//
// and skips lines that are not.
func parseMounts(text string) []mount {
	var mounts []mount
	for line := range strings.Lines(text) {
		place, system, _ := strings.Cut(line, " - ")
		where, what := strings.Fields(place), strings.Fields(system)
		if len(where) < 6 || len(what) < 3 || !path.IsAbs(where[4]) {
			continue
		}
		mounts = append(mounts, mount{unescape(where[3]), unescape(where[4]), what[0], what[2]})
	}
	return mounts
}

// unescape reads the octal digits by which the kernel writes blanks and
// backslashes in a path. Go's string literals have the same.
func unescape(name string) string {
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(name, `"`, `\"`) + `"`)
	if err != nil {
		return name
	}
	return plain
}

// mountOf is the mount that folder is in. Of several at the same place the
// last one hides the others.
func mountOf(mounts []mount, folder string) (found mount) {
	for _, m := range mounts {
		if within(folder, m.point) && len(m.point) >= len(found.point) {
			found = m
		}
	}
	return found
}

// within reports whether folder is base or below it.
func within(folder, base string) bool {
	return strings.HasPrefix(path.Clean(folder)+"/", strings.TrimSuffix(path.Clean(base), "/")+"/")
}
