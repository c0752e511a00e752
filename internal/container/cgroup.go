package container

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cgroups is where control groups are mounted, see cgroups(7).
const cgroups = "/sys/fs/cgroup"

// groups are the folders of this process's control group and of those above it that
// can be seen, innermost first. Version 1, which is old, has a folder for each
// controller ("memory", "pids").
func (c Container) groups(controller string) (folders []string, old bool) {
	top, group := cgroups, ""
	memberships, _ := c.read("proc/self/cgroup")
	for line := range strings.Lines(memberships) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // HIERARCHY:CONTROLLER,…:PATH
		switch {
		case len(parts) < 3:
		case slices.Contains(strings.Split(parts[1], ","), controller):
			top, group, old = path.Join(cgroups, controller), parts[2], true
		case parts[1] == "" && !old:
			group = parts[2]
		}
	}
	for group = path.Join("/", group); ; group = path.Dir(group) {
		// A container often sees its own group at the top, where the path does not lead.
		folder := path.Join(top, group)
		if _, err := os.Stat(c.path(folder)); err == nil {
			folders = append(folders, folder)
		}
		if group == "/" {
			return folders, old
		}
	}
}

// unlimited is what version 1 says when there is no limit, or more: the
// largest number of whole pages.
const unlimited = 1 << 62

// limit is how much of something the control group at folder may have, and has.
type limit struct {
	max, used uint64
	folder    string
}

// left is how much it may still get.
func (l limit) left() uint64 { return l.max - min(l.max, l.used) }

// tightest is the limit that is reached first, by the measure: those of the groups
// above hold as well. Without any, it is unlimited.
func (c Container) tightest(folders []string, max, used string, measure func(limit) uint64) limit {
	found := limit{max: unlimited}
	for _, folder := range folders {
		text, err := c.read(folder, max)
		if err != nil {
			continue // the topmost group of all has none
		}
		l := limit{max: parseLimit(text), folder: folder}
		text, _ = c.read(folder, used)
		l.used, _ = strconv.ParseUint(text, 10, 64)
		if measure(l) < measure(found) {
			found = l
		}
	}
	return found
}

// parseLimit reads a number, or "max" for none.
func parseLimit(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return unlimited
	}
	return min(n, unlimited)
}
