package container

import (
	"fmt"
	"strconv"

	"localstack-entrypoint/internal/file"
)

// memoryFiles are the names of what a control group says about memory, see cgroup-v2.txt and
// cgroup-v1/memory.txt of the kernel.
type memoryFiles struct {
	max, used, events string
	// forgettable is the field of memory.stat for what the kernel can take back at once.
	forgettable string
}

// memoryGroups are the control groups that limit the memory, innermost first.
func (c Container) memoryGroups() (folders []string, files memoryFiles) {
	folders, old := c.groups("memory")
	if old {
		return folders, memoryFiles{max: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
			events: "memory.oom_control", forgettable: "total_inactive_file"}
	}
	return folders, memoryFiles{max: "memory.max", used: "memory.current",
		events: "memory.events", forgettable: "inactive_file"}
}

// MemoryKills is about processes that the kernel has killed for lack of memory.
type MemoryKills struct {
	Count uint64
	// IsOwn is whether only processes of this container count: its control group is the only one that can be
	// seen, as in all containers but those that share the host's.
	IsOwn bool
	// Limit says how much memory there is.
	Limit string
}

// MemoryKills reads the kernel's counter. The error says that there is none: control groups cannot be seen, or the
// kernel is older than 4.13.
func (c Container) MemoryKills() (MemoryKills, error) {
	folders, files := c.memoryGroups()
	if len(folders) == 0 {
		return MemoryKills{}, fmt.Errorf("%s: %s", cgroups, notSeen)
	}
	count, err := strconv.ParseUint(c.fields(folders[0], files.events)["oom_kill"], 10, 64)
	if err != nil {
		return MemoryKills{}, fmt.Errorf("cannot read oom_kill of %s/%s: %w", folders[0], files.events, file.Cause(err))
	}
	kills := MemoryKills{Count: count, IsOwn: len(folders) == 1, Limit: "no limit is set: the machine's memory ran out"}
	if l := c.tightest(folders, files.max, files.used, func(l limit) uint64 { return l.max }); l.max < unlimited {
		kills.Limit = "limit " + size(l.max)
	}
	return kills, nil
}
