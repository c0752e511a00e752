package container

import (
	"context"
	"fmt"
	"strings"

	"localstack-entrypoint/internal/fault"
)

const (
	// leastMemory is what the emulator needs, in bytes.
	leastMemory = 1 << 30
	// leastProcesses is a limit that a start with a few services stays below,
	// leastLeft what must be free of it: the start alone needs 14.
	leastProcesses = 128
	leastLeft      = 64
)

// notSeen is what is known without control groups.
const notSeen = "no limit can be seen in " + cgroups

// memory checks how much memory the container may use.
func (c Container) memory(context.Context) fault.Check {
	const name = "memory"
	info, err := c.read("proc/meminfo")
	if err != nil {
		return fault.Skip(name, err.Error())
	}
	machine := parseFields(info)
	most, available := machine.number("MemTotal")<<10, machine.number("MemAvailable")<<10
	fact := fmt.Sprintf("no limit; the machine has %s, %s available", size(most), size(available))
	// What is in use is what the kernel cannot take back at once: without files read a
	// while ago, as `docker stats` counts.
	folders, files := c.memoryGroups()
	if l := c.tightest(folders, files.max, files.used, func(l limit) uint64 { return l.max }); l.max < most {
		most = l.max
		l.used -= min(l.used, c.fields(l.folder, "memory.stat").number(files.forgettable))
		fact = fmt.Sprintf("limit %s, %s in use", size(l.max), size(l.used))
	}
	var evidence []string
	if len(folders) == 0 {
		evidence = append(evidence, notSeen)
	} else if n := c.fields(folders[0], files.events).number("oom_kill"); n > 0 {
		evidence = append(evidence, fmt.Sprintf("processes killed because memory ran out: %d", n))
	}
	if most < leastMemory {
		return fault.Warn(name, fault.New(fault.SystemMemory, "%s", fact), evidence...)
	}
	return fault.Pass(name, fact, evidence...)
}

// processes checks how many processes and threads the container may have.
func (c Container) processes(context.Context) fault.Check {
	const name = "processes"
	folders, _ := c.groups("pids")
	if len(folders) == 0 {
		return fault.Skip(name, notSeen)
	}
	l := c.tightest(folders, "pids.max", "pids.current", limit.left)
	var evidence []string
	if n := c.fields(folders[0], "pids.events").number("max"); n > 0 {
		evidence = append(evidence, fmt.Sprintf("processes that could not be started because of this limit: %d", n))
	}
	fact := "no limit"
	if l.max < unlimited {
		fact = fmt.Sprintf("%d of %d processes and threads", l.used, l.max)
	}
	if user, max := c.userLimit(); max < unlimited {
		own := fmt.Sprintf("user %s may have %d processes and threads in total (ulimit -u)", user, max)
		if max < leastProcesses {
			return fault.Warn(name, fault.New(fault.SystemProcesses, "%s", own), append(evidence, "the container: "+fact)...)
		}
		evidence = append(evidence, own)
	}
	if l.max < leastProcesses || l.left() < leastLeft {
		return fault.Warn(name, fault.New(fault.SystemProcesses, "%s", fact), evidence...)
	}
	return fault.Pass(name, fact, evidence...)
}

// userLimit is RLIMIT_NPROC, and whose it is; root has none.
func (c Container) userLimit() (user string, max uint64) {
	user = c.fields("proc/self/status").user()
	limits, err := c.read("proc/self/limits")
	if err != nil || user == "0" {
		return user, unlimited
	}
	_, line, _ := strings.Cut(limits, "Max processes")
	soft, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return user, parseLimit(soft)
}
