package container

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
)

// group is a control group as one controller sees it, see cgroups(7).
type group struct {
	// folders are the group's and those above it that can be seen, innermost
	// first. They are paths of the container, without its root.
	folders []string
	// old is true for version 1, which has other files.
	old bool
}

// group finds the control group of this process for a controller: "memory" or
// "pids". A container with a namespace for control groups sees its own at the
// top; in another one /proc/self/cgroup says where it is.
func (c Container) group(controller string) (group, error) {
	memberships, err := c.read("proc/self/cgroup")
	if err != nil {
		return group{}, err
	}
	mountinfo, err := c.read("proc/self/mountinfo")
	if err != nil {
		return group{}, err
	}
	paths, mounts := parseMemberships(memberships), parseMounts(mountinfo)
	old := func(m mount) bool { return m.kind == "cgroup" && slices.Contains(m.options, controller) }
	// Where both versions are mounted, the first one has the controller.
	if i := slices.IndexFunc(mounts, old); i >= 0 {
		return group{folders: upwards(mounts[i], paths[controller]), old: true}, nil
	}
	if i := slices.IndexFunc(mounts, func(m mount) bool { return m.kind == "cgroup2" }); i >= 0 {
		return group{folders: upwards(mounts[i], paths[""])}, nil
	}
	return group{}, errors.New("no control groups are mounted")
}

// parseMemberships reads /proc/PID/cgroup, whose lines are
// HIERARCHY:CONTROLLER,…:PATH. Version 2 has the path without a controller.
func parseMemberships(text string) map[string]string {
	paths := map[string]string{}
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 {
			continue
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			paths[controller] = parts[2]
		}
	}
	return paths
}

// upwards are the folders from the control group at place up to the top of m.
func upwards(m mount, place string) []string {
	inside, ok := below(place, m.root)
	if !ok || strings.HasPrefix(place, "/..") {
		// The mount shows only the container's own group, or the path is one
		// of another namespace.
		inside = ""
	}
	var folders []string
	for ; inside != "" && inside != "."; inside = path.Dir(inside) {
		folders = append(folders, path.Join(m.point, inside))
	}
	return append(folders, m.point)
}

// unlimited is what version 1 says when there is no limit, or more: the
// largest number of whole pages.
const unlimited = 1 << 62

// limit is how much the control group at folder may have of something, and has.
type limit struct {
	max, used uint64
	folder    string
}

// left is how much it may still get.
func (l limit) left() uint64 { return l.max - min(l.max, l.used) }

// tightest is the limit that is met first, by the measure: those of the groups
// above hold as well. There may be none.
func (c Container) tightest(g group, max, used string, measure func(limit) uint64) (found limit, ok bool) {
	for _, folder := range g.folders {
		text, err := c.read(folder, max)
		if err != nil {
			continue // the topmost group of all has none
		}
		l := limit{max: parseLimit(text), folder: folder}
		text, _ = c.read(folder, used)
		l.used, _ = strconv.ParseUint(text, 10, 64)
		if l.max < unlimited && (!ok || measure(l) < measure(found)) {
			found, ok = l, true
		}
	}
	return found, ok
}

// parseLimit reads a number, or "max" for none.
func parseLimit(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return unlimited
	}
	return min(n, unlimited)
}
